import { afterEach, describe, expect, test } from '@jest/globals'
import type { Identity } from '../../bridge/index.ts'
import { eventually } from '../support/eventually.ts'
import { BOARD, credentialsOf, DASHBOARD, OPERATOR, tablePolicy } from './broker-policy.ts'
import { type BrokerRig, cleanUp, connectBoard, limitsHit, startBroker } from './broker-rig.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const ANONYMOUS: Identity = { role: 'anonymous', name: '' }
const policy = tablePolicy([BOARD, DASHBOARD, OPERATOR, ANONYMOUS])

/** Comes for its kept session, and goes away; whether the session was there. */
const visit = async (rig: BrokerRig, identity: Identity, clientId = identity.name) => {
  const board = await connectBoard(cleanups, rig, { ...credentialsOf(identity), clientId, clean: false })
  const connack = await board.next('connack')
  board.socket.destroy()
  await eventually(() => rig.broker.connections === 0)
  return connack.cmd === 'connack' && connack.sessionPresent
}

const setUp = async (maxSessions: number, folder?: string) => {
  const options = { maxSessions, maxSessionsPerOwner: 2 }
  const rig = await startBroker(cleanups, { policy, options, ...(folder && { folder }) })
  return { rig, hit: limitsHit(rig) }
}

describe('the kept sessions of a user', () => {
  test('are bounded for each user, and make room among themselves', async () => {
    const { rig, hit } = await setUp(10)
    await visit(rig, BOARD)
    for (const clientId of ['a', 'b', 'c', 'd']) await visit(rig, DASHBOARD, clientId)
    await visit(rig, OPERATOR, 'e')
    expect(hit).toEqual(['a', 'b'].map((clientId) => ({ limit: 'maxSessionsPerOwner', clientId })))
    expect(await visit(rig, BOARD)).toBe(true)
    for (const clientId of ['c', 'd']) expect(await visit(rig, DASHBOARD, clientId)).toBe(true)
  })

  test('are bounded also when they are read at a start', async () => {
    const first = await startBroker(cleanups, { policy })
    await visit(first, BOARD)
    for (const clientId of ['a', 'b', 'c']) await visit(first, DASHBOARD, clientId)
    await first.stop()
    const { rig } = await setUp(10, first.folder)
    for (const [clientId, isKept] of [
      ['b', true],
      ['c', true],
      ['a', false],
    ] as const)
      expect(await visit(rig, DASHBOARD, clientId)).toBe(isKept)
    expect(await visit(rig, BOARD)).toBe(true)
  })
})

describe('when there are too many sessions', () => {
  test('those of the one who comes go first', async () => {
    const { rig, hit } = await setUp(2)
    await visit(rig, BOARD)
    await visit(rig, DASHBOARD, 'a')
    await visit(rig, DASHBOARD, 'b')
    expect(hit).toEqual([{ limit: 'maxSessions', clientId: 'a' }])
    expect(await visit(rig, BOARD)).toBe(true)
  })

  test('those without a name make room among themselves only', async () => {
    const { rig } = await setUp(2)
    await visit(rig, BOARD)
    for (const clientId of ['a', 'b', 'c', 'd']) await visit(rig, ANONYMOUS, clientId)
    expect(await visit(rig, BOARD)).toBe(true)
    expect(await visit(rig, ANONYMOUS, 'd')).toBe(true)
    expect(await visit(rig, ANONYMOUS, 'c')).toBe(false)
  })

  test('whoever is away longest makes room for a device', async () => {
    const { rig, hit } = await setUp(1)
    await visit(rig, DASHBOARD, 'a')
    await visit(rig, BOARD)
    expect(hit).toEqual([{ limit: 'maxSessions', clientId: 'a' }])
    expect(await visit(rig, BOARD)).toBe(true)
  })
})
