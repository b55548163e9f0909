import { describe, expect, test } from '@jest/globals'
import type { Reading } from '../../../../bridge/core/reading.ts'
import { createSequences } from '../../../../bridge/pipeline/sequences.ts'
import type { Checkpoint } from '../../../../bridge/ports.ts'
import { createMemorySpool } from '../../../../bridge/stores/memory-spool.ts'
import { createLookingTable } from './looking-table.ts'
import { deviceId, entryOf, numbered } from './spooled.ts'

type Spool = ReturnType<typeof createMemorySpool>

const at = (offset: number, account = ''): Checkpoint => ({ offset, rows: offset, account })

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
  sequences.committed(readings, end)
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

test('after damage boots that were trusted are looked up again: the table may have rows that the record does not', async () => {
  const spool = createMemorySpool()
  const before = createSequences()
  const end = await commit(spool, before, [numbered(1)])
  before.verified(
    before.unverified(end).map((claim) => ({ ...claim, highest: -1 })),
    { from: 0, to: end },
  )
  expect(before.unverified(end)).toEqual([])
  await before.checkpoint(spool, at(end))
  const sound = await restarted(spool)
  sound.committed([numbered(2)], end)
  expect(sound.unverified(end + 1)).toEqual([])
  const damaged = createSequences()
  await damaged.restore(spool, 0)
  damaged.committed([numbered(2)], end)
  expect(damaged.unverified(end + 1)).toMatchObject([{ deviceId: 'a', boot: 'b' }])
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
    await sequences.checkpoint(spool, at(end))
    await spool.trim(end)
    const again = await restarted(spool)
    expect(again.isNew(numbered(1))).toBe(false)
  })

  test('a row that a crash took is new: no checkpoint knew of it', async () => {
    const spool = createMemorySpool()
    const sequences = createSequences()
    const end = await commit(spool, sequences, [numbered(1)])
    expect(sequences.isNew(numbered(2))).toBe(true)
    await sequences.checkpoint(spool, at(end))
    const again = await restarted(spool)
    expect(again.isNew(numbered(1))).toBe(false)
    expect(again.isNew(numbered(2))).toBe(true)
  })

  test('what was restored from rows is in the next checkpoint', async () => {
    const spool = createMemorySpool()
    const end = await commit(spool, createSequences(), [numbered(1)])
    await (await restarted(spool)).checkpoint(spool, at(end))
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
      checkpoint: async (_: Checkpoint, seen: readonly unknown[]) => void written.push(seen.length),
    }
    const sequences = createSequences()
    sequences.committed([numbered(1), numbered(2), numbered(1, { deviceId: deviceId('z') })], 0)
    await sequences.checkpoint(store, at(3))
    await sequences.checkpoint(store, at(3))
    sequences.committed([numbered(3)], 3)
    await sequences.checkpoint(store, at(4))
    await sequences.checkpoint(store, at(4, 'counted since'))
    expect(written).toEqual([2, 1, 0])
  })

  test('keeps the end of the spool for boards without a seq as well', async () => {
    const spool = createMemorySpool()
    const sequences = createSequences()
    const end = await commit(spool, sequences, [numbered(1, { boot: null, seq: null })])
    await sequences.checkpoint(spool, at(end))
    expect((await spool.open()).checkpoint).toBe(end)
  })

  test('that fails is made up for by the next one', async () => {
    const spool = createMemorySpool()
    const sequences = createSequences()
    const end = await commit(spool, sequences, [numbered(1)])
    const broken = { ...spool, checkpoint: () => Promise.reject(new Error('no space left')) }
    await expect(sequences.checkpoint(broken, at(end))).rejects.toThrow('no space left')
    await sequences.checkpoint(spool, at(end))
    await spool.trim(end)
    expect((await restarted(spool)).isNew(numbered(1))).toBe(false)
  })
})

describe('boots to be looked up', () => {
  const rowsOf = (readings: readonly Reading[]) =>
    readings.map((one) => ({ deviceId: one.deviceId, boot: one.boot ?? '', seq: one.seq ?? 0, ts: one.ts }))

  /** Commits readings that are new, and stores them as one batch. */
  const createBoard = (sequences: ReturnType<typeof createSequences>) => {
    const table = createLookingTable()
    let end = 0
    return {
      table,
      send: (...readings: readonly Reading[]): number => {
        const from = end
        const fresh = readings.filter((reading) => sequences.isNew(reading))
        sequences.committed(fresh, from)
        end += fresh.length
        const boots = sequences.unverified(end)
        sequences.verified(table.store(rowsOf(fresh), boots), { from, to: end })
        return boots.length
      },
    }
  }

  test('are all at first, and none in calm weather', () => {
    const { send } = createBoard(createSequences())
    expect(send(numbered(1), numbered(1, { boot: 'other' }))).toBe(2)
    for (let seq = 2; seq < 100; seq += 1) expect(send(numbered(seq))).toBe(0)
  })

  test('are none after a restart when the checkpoint knows that they were', async () => {
    const spool = createMemorySpool()
    const sequences = createSequences()
    createBoard(sequences).send(numbered(1))
    await sequences.checkpoint(spool, at(1))
    const again = await restarted(spool)
    again.committed([numbered(2)], 1)
    expect(again.unverified(2)).toEqual([])
  })

  test('that waited at a checkpoint wait after a restart', async () => {
    const spool = createMemorySpool()
    const sequences = createSequences()
    const end = await commit(spool, sequences, [numbered(1)])
    await sequences.checkpoint(spool, at(end))
    expect((await restarted(spool)).unverified(1)).toHaveLength(1)
  })

  test('of a record of an older version are those with rows in the spool', async () => {
    const spool = createMemorySpool()
    await commit(spool, createSequences(), [numbered(7)])
    const seen = ['a', 'drained'].map((name) => ({ deviceId: deviceId(name), seen: '[["b",[1,7]]]' }))
    await spool.checkpoint(at(1), seen)
    expect((await restarted(spool)).unverified(1)).toMatchObject([{ deviceId: 'a', boot: 'b' }])
  })

  test('are those forgotten with rows on their way, though the table was looked into since', () => {
    const { send, table } = createBoard(createSequences({ maxBoots: 1 }))
    send(numbered(0))
    send(numbered(3), numbered(0, { boot: 'other' }), numbered(4))
    send(numbered(3))
    expect(table.rows.map(({ boot, seq }) => `${boot}${seq}`)).toEqual(['b0', 'b3', 'other0', 'b4'])
  })

  test('are those whose device was evicted between two checkpoints', async () => {
    const spool = createMemorySpool()
    const sequences = createSequences({ maxDevices: 1 })
    const { send } = createBoard(sequences)
    send(numbered(1))
    await sequences.checkpoint(spool, at(1))
    send(numbered(2))
    send(numbered(1, { deviceId: deviceId('z') }))
    await sequences.checkpoint(spool, at(3))
    const again = await restarted(spool)
    again.committed([numbered(2)], 3)
    expect(again.unverified(4)).toMatchObject([{ deviceId: 'a' }])
  })
})

describe('numbers that never came', () => {
  test('are counted among those that are durable, and told of each device', () => {
    const sequences = createSequences()
    sequences.isNew(numbered(9))
    expect(sequences.missing).toBe(0)
    sequences.committed([numbered(1), numbered(4)], 0)
    expect(sequences.missing).toBe(2)
    expect(sequences.state(deviceId('a'))).toMatchObject({ boot: 'b', contiguous: 1, highest: 4, missing: 2 })
  })
})
