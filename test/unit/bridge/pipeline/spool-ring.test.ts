import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { createSpoolRing } from '../../../../bridge/pipeline/spool-ring.ts'
import { createMemorySpool } from '../../../../bridge/stores/memory-spool.ts'
import { settled } from '../../../support/deferred.ts'
import { entryOf, numbered } from './spooled.ts'

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
})
afterEach(() => {
  jest.useRealTimers()
})

const createRig = async (entries: number) => {
  const spool = createMemorySpool()
  const events = createBridgeEmitter()
  const faults = { trim: false }
  const told: string[] = []
  const rooms: number[] = []
  let end = 0
  const put = async (): Promise<void> => {
    await spool.append(entryOf(end, [numbered(end)], { deadRows: 1 }))
    end += 2
  }
  for (let entry = 0; entry < entries; entry += 1) await put()
  const maxBytes = spool.bytes / 0.95
  const ring = createSpoolRing(
    {
      spool: {
        read: (offset, max) => spool.read(offset, max),
        trim: async (offset) => {
          if (faults.trim) throw new Error('disk full')
          await spool.trim(offset)
        },
        get bytes() {
          return spool.bytes
        },
      },
      ledger: { madeRoom: (row) => rooms.push(row) },
      events,
    },
    { maxBytes },
  )
  events.on('message:dropped', ({ reason, count }) => told.push(`${reason} ${count}`))
  events.on('bridge:error', ({ error }) => told.push(error.message))
  return { spool, ring, told, rooms, faults, maxBytes, put }
}

test('nothing goes while there is room', async () => {
  const { spool, ring, told, maxBytes } = await createRig(100)
  await spool.trim(20)
  expect(spool.bytes).toBeLessThan(maxBytes * 0.9)
  ring.notify()
  await ring.stop()
  expect(spool.written).toHaveLength(90)
  expect(told).toEqual([])
})

test('at nine tenths the oldest go until eight are left, dead letters among them, each row counted', async () => {
  const { spool, ring, told, maxBytes } = await createRig(100)
  ring.notify()
  ring.notify()
  await ring.stop()
  expect(spool.bytes).toBeLessThanOrEqual(maxBytes * 0.8)
  expect(spool.bytes).toBeGreaterThan(maxBytes * 0.6)
  expect(spool.written.at(-1)?.offset).toBe(198)
  const dropped = told.map((line) => Number(line.split(' ')[1])).reduce((sum, count) => sum + count, 0)
  expect(dropped).toBe((100 - spool.written.length) * 2)
})

test('room that could not be made is made later, though no row comes any more', async () => {
  const { spool, ring, told, faults, maxBytes } = await createRig(100)
  faults.trim = true
  ring.notify()
  await settled()
  expect(told).toEqual(['disk full'])
  faults.trim = false
  await jest.advanceTimersByTimeAsync(1_000)
  expect(spool.bytes).toBeLessThanOrEqual(maxBytes * 0.8)
  await ring.stop()
})

test('after the stop nothing more is tried', async () => {
  const { ring, told, faults } = await createRig(100)
  faults.trim = true
  ring.notify()
  await ring.stop()
  await jest.advanceTimersByTimeAsync(10_000)
  expect(told).toEqual(['disk full'])
})
