import { expect, test } from '@jest/globals'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { createDrainCursor } from '../../../../bridge/pipeline/drain-cursor.ts'
import { createRefusedRows } from '../../../../bridge/pipeline/refused-rows.ts'
import type { Batch, SpoolEntry } from '../../../../bridge/ports.ts'
import { createMemorySink } from '../../../../bridge/stores/memory-sink.ts'
import { batchOf } from '../../../contracts/sink-rows.ts'
import { entryOf, heard, lineOf, numbered, seqsOf } from './spooled.ts'

const createRig = (poison: readonly number[]) => {
  const stored = createMemorySink()
  stored.refuse(({ seq }) => poison.includes(seq ?? -1))
  const events = createBridgeEmitter()
  const moves: number[] = []
  const batches: Batch[] = []
  let failAt = Number.POSITIVE_INFINITY
  const cursor = createDrainCursor({
    spoolId: 's',
    sink: {
      cursor: stored.cursor,
      store: async (batch) => {
        batches.push(batch)
        if (batches.length === failAt) throw new BridgeError('STORE_UNAVAILABLE', 'away')
        const result = await stored.store(batch)
        moves.push(batch.to)
        return result
      },
    },
    events,
    ledger: { cursorRead: () => {}, stored: () => {}, storedUnanswered: () => {} },
    sequences: { unverified: () => [], verified: () => {} },
  })
  const losses: string[] = []
  const search = createRefusedRows({
    cursor,
    ledger: { lost: (reason, count) => losses.push(`${reason} ${count}`) },
    events,
    now: () => Date.UTC(2026, 10, 23),
  })
  const refused = {
    store: async (entries: readonly SpoolEntry[], from: number) => {
      await cursor.read()
      return await search.store(entries, from, from)
    },
  }
  return {
    stored,
    events,
    moves,
    batches,
    refused,
    failAt: (call: number) => {
      failAt = call
    },
  }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => numbered(from + i))

test('one bad row among many is found in about twice the logarithm of their number', async () => {
  const { stored, batches, refused } = createRig([700])
  await refused.store([entryOf(0, numbers(0, 1024))], 0)
  expect(seqsOf(stored.readings)).toEqual(seqsOf(numbers(0, 1024)).filter((seq) => seq !== 700))
  expect(batches.length).toBeLessThanOrEqual(2 * 10 + 2)
})

test('a refused row becomes a dead letter: its raw line, and what the sink said of it', async () => {
  const { stored, events, refused } = createRig([1])
  const told = heard(events, 'drain:refused')
  await refused.store([entryOf(0, numbers(0, 3))], 0)
  const [letter] = stored.deadLetters
  const fields = letter?.split('\t') ?? []
  expect(fields.slice(1, 6)).toEqual([
    'sensors/a/data',
    '\\N',
    'a',
    'refused-by-postgres',
    'a row of a is refused',
  ])
  expect(Buffer.from((fields[6] ?? '').slice(3), 'hex').toString()).toBe(lineOf(numbered(1)))
  expect(told).toEqual([{ detail: 'a row of a is refused' }])
})

test('the cursor goes forward without a gap, across the gap between two entries too', async () => {
  const { moves, batches, refused, stored } = createRig([1, 5])
  await stored.store(batchOf('s', 0, 10))
  await refused.store([entryOf(10, numbers(0, 4), { deadRows: 1 }), entryOf(50, numbers(4, 8))], 10)
  let cursor = 10
  for (const move of moves) {
    expect(batches.some(({ from, to }) => from === cursor && to === move)).toBe(true)
    cursor = move
  }
  expect(cursor).toBe(54)
  expect(seqsOf(stored.readings)).toEqual([0, 2, 3, 4, 6, 7])
})

test('rows before the start are not stored again', async () => {
  const { stored, refused } = createRig([2])
  await stored.store(batchOf('s', 0, 2))
  await refused.store([entryOf(0, numbers(0, 5))], 2)
  expect(seqsOf(stored.readings)).toEqual([3, 4])
  expect(stored.deadLetters).toHaveLength(1)
})

test('a sink that goes away in the middle ends the search, with the cursor told as far as it came', async () => {
  const rig = createRig([3])
  rig.failAt(4)
  await expect(rig.refused.store([entryOf(0, numbers(0, 8))], 0)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  })
  expect(rig.moves.at(-1)).toBe((await rig.stored.cursor('s'))?.offset)
  expect(seqsOf(rig.stored.readings)).toEqual([0, 1])
})
