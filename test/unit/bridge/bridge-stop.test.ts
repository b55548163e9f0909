import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { BridgeError } from '../../../bridge/core/errors.ts'
import { createMemoryBuzzer } from '../../../bridge/stores/memory-buzzer.ts'
import { createMemoryFrames } from '../../../bridge/stores/memory-frames.ts'
import { createDeferred, settled } from '../../support/deferred.ts'
import { deviceId } from '../../support/readings.ts'
import { createBridgeRig } from './bridge-rig.ts'

const JPEG = readFileSync(new URL('../../fixtures/frame-5000.jpg', import.meta.url))

test('a picture that is being written when the intake ends is acked before that is done', async () => {
  const disk = createDeferred()
  const memory = createMemoryFrames()
  const frames = {
    ...memory,
    write: async (filename: string, jpeg: Uint8Array) => {
      await disk.promise
      await memory.write(filename, jpeg)
    },
  }
  const { bridge, send } = createBridgeRig({ frames })
  await bridge.start()
  const told: string[] = []
  const sent = send('cameras/cam/frame', JPEG).then(() => told.push('acked'))
  await settled()
  const quiet = bridge.quiesce().then(() => told.push('quiet'))
  await settled()
  await expect(send('cameras/cam/frame', JPEG)).rejects.toMatchObject({ code: 'STOPPING' })
  disk.resolve()
  await Promise.all([sent, quiet])
  expect(told).toEqual(['acked', 'quiet'])
  await bridge.stop()
})

test.each([
  ['refuses', () => Promise.reject(new BridgeError('STORE_UNAVAILABLE', 'away'))],
  ['hangs', () => new Promise<void>(() => {})],
])('buzzer history that is lost with a stop is counted: Postgres %s', async (_, upsert) => {
  const { bridge, events } = createBridgeRig({ buzzer: { ...createMemoryBuzzer(), upsert } })
  let dropped = 0
  events.on('buzzer:dropped', ({ count }) => {
    dropped += count
  })
  await bridge.start()
  await bridge.buzzer.request(deviceId('a'))
  await bridge.stop()
  expect(dropped).toBe(1)
})
