import { describe, expect, test } from '@jest/globals'
import type { Reading } from '../../../../bridge/core/reading.ts'
import { createSequences } from '../../../../bridge/pipeline/sequences.ts'
import { createMemorySpool } from '../../../../bridge/stores/memory-spool.ts'
import { entryOf, numbered } from './spooled.ts'

type Spool = ReturnType<typeof createMemorySpool>

/** What a new process knows of this spool. */
const restarted = async (spool: Spool) => {
  const sequences = createSequences()
  await sequences.restore(spool, (await spool.open()).checkpoint)
  return sequences
}

/** Takes readings in and makes them durable as one entry. */
const commit = async (
  spool: Spool,
  sequences: ReturnType<typeof createSequences>,
  readings: readonly Reading[],
): Promise<number> => {
  const { end } = await spool.open()
  for (const reading of readings) sequences.isNew(reading)
  await spool.append(entryOf(end, readings))
  sequences.committed(readings)
  return end + readings.length
}

describe('a reading with boot and seq', () => {
  test('is new once', () => {
    const sequences = createSequences()
    expect(sequences.isNew(numbered(1))).toBe(true)
    expect(sequences.isNew(numbered(1))).toBe(false)
    expect(sequences.isNew(numbered(1, { boot: 'other' }))).toBe(true)
    expect(sequences.isNew(numbered(2))).toBe(true)
  })

  test('without one of them is always new', () => {
    const sequences = createSequences()
    for (const fields of [{ boot: null }, { seq: null }]) {
      expect(sequences.isNew(numbered(1, fields))).toBe(true)
      expect(sequences.isNew(numbered(1, fields))).toBe(true)
    }
  })
})

describe('after a restart', () => {
  test('a resend of a row since the last checkpoint is known from the row itself', async () => {
    const spool = createMemorySpool()
    await commit(spool, createSequences(), [numbered(1), numbered(2, { boot: null })])
    const again = await restarted(spool)
    expect(again.isNew(numbered(1))).toBe(false)
    expect(again.isNew(numbered(3))).toBe(true)
  })

  test('a resend of a row before the last checkpoint is known though its entry is gone', async () => {
    const spool = createMemorySpool()
    const sequences = createSequences()
    const end = await commit(spool, sequences, [numbered(1)])
    await sequences.checkpoint(spool, end)
    await spool.trim(end)
    const again = await restarted(spool)
    expect(again.isNew(numbered(1))).toBe(false)
  })

  test('a row that a crash took is new: no checkpoint knew of it', async () => {
    const spool = createMemorySpool()
    const sequences = createSequences()
    const end = await commit(spool, sequences, [numbered(1)])
    expect(sequences.isNew(numbered(2))).toBe(true)
    await sequences.checkpoint(spool, end)
    const again = await restarted(spool)
    expect(again.isNew(numbered(1))).toBe(false)
    expect(again.isNew(numbered(2))).toBe(true)
  })

  test('what was restored from rows is in the next checkpoint', async () => {
    const spool = createMemorySpool()
    const end = await commit(spool, createSequences(), [numbered(1)])
    await (await restarted(spool)).checkpoint(spool, end)
    await spool.trim(end)
    expect((await restarted(spool)).isNew(numbered(1))).toBe(false)
  })

  test('ids with tabs, newlines and backslashes in their boot are the same ids', async () => {
    const spool = createMemorySpool()
    const boot = 'tab\tline\nback\\slash'
    await commit(spool, createSequences(), [numbered(1, { boot })])
    expect((await restarted(spool)).isNew(numbered(1, { boot }))).toBe(false)
  })
})

describe('a checkpoint', () => {
  test('writes only the devices that changed since the last one', async () => {
    const spool = createMemorySpool()
    const written: number[] = []
    const store = {
      ...spool,
      checkpoint: async (_: number, seen: readonly unknown[]) => void written.push(seen.length),
    }
    const sequences = createSequences()
    sequences.committed([numbered(1), numbered(2), numbered(1, { deviceId: 'z' as Reading['deviceId'] })])
    await sequences.checkpoint(store, 3)
    await sequences.checkpoint(store, 3)
    sequences.committed([numbered(3)])
    await sequences.checkpoint(store, 4)
    expect(written).toEqual([2, 1])
  })

  test('keeps the end of the spool for boards without a seq as well', async () => {
    const spool = createMemorySpool()
    const sequences = createSequences()
    const end = await commit(spool, sequences, [numbered(1, { boot: null, seq: null })])
    await sequences.checkpoint(spool, end)
    expect((await spool.open()).checkpoint).toBe(end)
  })

  test('that fails is made up for by the next one', async () => {
    const spool = createMemorySpool()
    const sequences = createSequences()
    const end = await commit(spool, sequences, [numbered(1)])
    const broken = { ...spool, checkpoint: () => Promise.reject(new Error('no space left')) }
    await expect(sequences.checkpoint(broken, end)).rejects.toThrow('no space left')
    await sequences.checkpoint(spool, end)
    await spool.trim(end)
    expect((await restarted(spool)).isNew(numbered(1))).toBe(false)
  })
})
