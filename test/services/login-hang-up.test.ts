/** A login that waits is told when its connection ends, whichever door it came by. */
import { connect } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import type { Admission } from '../../broker/index.ts'
import type { Identified } from '../../src/facade/index.ts'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { createDeferred } from '../support/deferred.ts'
import { createFakeDoorkeeper } from '../support/doorkeeper.ts'
import { eventually } from '../support/eventually.ts'
import { BOARD, credentialsOf, tablePolicy } from './broker-policy.ts'
import { cleanUp, connectPacket, openBoard, startBroker } from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

test('over MQTT', async () => {
  const signals: (AbortSignal | undefined)[] = []
  const { promise, resolve } = createDeferred<Admission>()
  const policy = tablePolicy([BOARD], {
    admit: ({ signal }) => {
      signals.push(signal)
      return promise
    },
  })
  const rig = await startBroker(cleanups, { policy })
  const [gone, patient] = [openBoard(cleanups, rig), openBoard(cleanups, rig)]
  for (const board of [gone, patient]) {
    const told = signals.length
    board.send(connectPacket(credentialsOf(BOARD)))
    await eventually(() => signals.length === told + 1)
  }
  gone.socket.destroy()
  await eventually(() => signals[0]?.aborted)
  expect(signals[1]?.aborted).toBe(false)
  resolve({ ok: true, identity: BOARD })
  await eventually(() => patient.packets.length === 1)
  patient.socket.destroy()
  await eventually(() => patient.isClosed)
  expect(signals[1]?.aborted).toBe(false)
})

test.each([
  ['HTTP', ''],
  ['an event socket', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'],
])('over %s', async (_door, more) => {
  const signals: (AbortSignal | undefined)[] = []
  const { promise, resolve } = createDeferred<Identified>()
  const doorkeeper = {
    ...createFakeDoorkeeper({ anna: 'admin' }),
    identify: (_login: unknown, _address?: string, signal?: AbortSignal) => {
      signals.push(signal)
      return promise
    },
  }
  const facade = await startBridgedFacade({ deps: { doorkeeper } })
  cleanups.push(facade.stop)
  cleanups.push(() => resolve({ ok: false, reason: 'busy' }))
  const socket = connect(Number(new URL(facade.url).port), '127.0.0.1')
  cleanups.push(() => socket.destroy())
  socket.write(`GET /api/v1/devices HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n${more}\r\n`)
  await eventually(() => signals.length === 1)
  expect(signals[0]?.aborted).toBe(false)
  socket.destroy()
  await eventually(() => signals[0]?.aborted)
})
