import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createRowEncoder } from '../../bridge/core/copy-row.ts'
import type { LetterFilter } from '../../bridge/stores/letter-filter.ts'
import { createPostgresDeadLetters } from '../../bridge/stores/postgres-dead-letters.ts'
import type { ReplayOutcome } from '../../bridge/stores/postgres-replay.ts'
import { readingOf, T } from '../contracts/sink-rows.ts'
import { bury, type GivenLetter } from '../support/dead-letters.ts'
import {
  type MigratedDatabase,
  migratedDatabase,
  numberOf,
  storedReadings,
} from '../support/postgres-stores.ts'

let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE sensor_data, dead_letters, ingest_cursor, device_boots, replayed_readings',
  )
})

const replay = async (
  filter: LetterFilter = {},
  { dryRun = false } = {},
): Promise<readonly ReplayOutcome[]> => {
  const outcomes: ReplayOutcome[] = []
  const { partitions } = database
  const pages = createPostgresDeadLetters(database.pool).replay(filter, { partitions, dryRun })
  for await (const page of pages) outcomes.push(...page)
  return outcomes
}

const numbered = (seq: number, fields: Partial<GivenLetter> = {}): GivenLetter => ({
  payload: JSON.stringify({ boot: 'b', seq, temperature: seq }),
  receivedAt: T + seq,
  ...fields,
})

const ROWS = 'SELECT count(*) FROM sensor_data'
const LETTERS = 'SELECT count(*) FROM dead_letters'
const seqs = async () =>
  (await storedReadings(database)).map(({ seq }) => seq).sort((x, y) => Number(x) - Number(y))

describe('a replay', () => {
  test('moves what fits now, with its own time of receipt, and leaves the rest as it is', async () => {
    const ids = await bury(database, [
      { payload: '{"temperature":21.5,"boot":"b","seq":7,"fw":"1"}', receivedAt: T },
      { payload: '{"temperature":"warm"}', receivedAt: T + 1, detail: 'of then' },
      { payload: '{"status":"online"}', receivedAt: T + 2, topic: 'devices/a/status' },
      { payload: '[{"humidity":1},{"humidity":2}]', receivedAt: T + 3 },
    ])
    const origin = { deviceId: 'a', topic: 'sensors/a/data' }
    expect(await replay()).toEqual([
      { id: ids[0], ...origin, outcome: 'moved', readings: 1, known: 0 },
      {
        id: ids[1],
        ...origin,
        outcome: 'refused',
        reason: 'bad-value',
        detail: expect.stringContaining('warm'),
      },
      { id: ids[2], deviceId: 'a', topic: 'devices/a/status', outcome: 'not-a-reading' },
      { id: ids[3], ...origin, outcome: 'moved', readings: 2, known: 0 },
    ])
    const rows = await storedReadings(database)
    expect(rows.find(({ seq }) => seq === 7)).toEqual(
      readingOf('a', { temperature: 21.5, boot: 'b', seq: 7, custom: { fw: '1' } }),
    )
    expect(rows.map(({ receivedAt }) => receivedAt).sort()).toEqual([T, T + 3, T + 3])
    const left = await createPostgresDeadLetters(database.pool).list({ limit: 10 })
    expect(left.map(({ id, detail }) => [id, detail])).toEqual([
      [ids[2], 'refused by older rules'],
      [ids[1], 'of then'],
    ])
  })

  test('takes only the letters that are meant', async () => {
    const [first, second] = await bury(database, [
      numbered(1),
      numbered(2, { deviceId: 'c' }),
      numbered(3, { reason: 'bad-shape' }),
      numbered(4, { receivedAt: T + 60_000 }),
    ])
    const idsOf = (outcomes: readonly ReplayOutcome[]) => outcomes.map(({ id }) => id)
    expect(idsOf(await replay({ ids: [first ?? 0], deviceId: 'c' }))).toEqual([])
    expect(idsOf(await replay({ deviceId: 'c' }))).toEqual([second])
    await replay({ reason: 'bad-shape' })
    await replay({ since: T + 60_000 })
    expect(await seqs()).toEqual([2, 3, 4])
    await replay({ until: T + 2 })
    expect(await seqs()).toEqual([1, 2, 3, 4])
  })

  test('makes the month that a reading of long ago needs', async () => {
    await bury(database, [{ payload: '{"ts":"2019-03-04T05:06:07Z"}', receivedAt: T }])
    expect(await replay()).toMatchObject([{ outcome: 'moved' }])
    expect((await storedReadings(database))[0]?.ts).toBe(Date.UTC(2019, 2, 4, 5, 6, 7))
  })

  test('takes a time of receipt that is finer than a millisecond', async () => {
    await bury(database, [{ payload: '{}', receivedAt: T + 0.75 }])
    expect(await replay()).toMatchObject([{ outcome: 'moved' }])
    expect(await storedReadings(database)).toMatchObject([{ ts: T, receivedAt: T }])
  })

  test('that is only tried changes nothing, and tells the same', async () => {
    await bury(database, [numbered(1), numbered(1), { payload: '', receivedAt: T }])
    const tried = await replay({}, { dryRun: true })
    expect([await numberOf(database, ROWS), await numberOf(database, LETTERS)]).toEqual([0, 3])
    expect(await replay()).toEqual(tried)
    expect([await numberOf(database, ROWS), await numberOf(database, LETTERS)]).toEqual([1, 1])
  })

  test('moves a row that Postgres refused, once nothing stands in its way', async () => {
    const line = createRowEncoder().reading(readingOf('a', { ts: T - 5_000, boot: 'b', seq: 9, distance: 3 }))
    await database.pool.query('ALTER TABLE sensor_data ADD CONSTRAINT near CHECK (distance < 2)')
    const [letter] = await bury(database, [{ payload: line, receivedAt: T, reason: 'refused-by-postgres' }])
    const refused = { id: letter, outcome: 'refused', reason: 'refused-by-postgres' }
    expect(await replay()).toMatchObject([{ ...refused, detail: expect.stringContaining('near') }])
    await database.pool.query('ALTER TABLE sensor_data DROP CONSTRAINT near')
    expect(await replay()).toMatchObject([{ id: letter, outcome: 'moved', readings: 1 }])
    expect(await storedReadings(database)).toMatchObject([{ seq: 9, ts: T - 5_000, receivedAt: T - 5_000 }])
  })

  test('leaves each letter that Postgres refuses, whole, and moves all others of its page', async () => {
    await database.pool.query('ALTER TABLE sensor_data ADD CONSTRAINT tame CHECK (temperature < 1000)')
    try {
      const wild = '[{"temperature":1},{"temperature":2000}]'
      const letters = Array.from({ length: 40 }, (_, seq) =>
        seq % 13 === 5 ? { payload: wild, receivedAt: T } : numbered(seq),
      )
      await bury(database, letters)
      const outcomes = await replay()
      expect(outcomes.flatMap(({ outcome }, at) => (outcome === 'refused' ? [at] : []))).toEqual([5, 18, 31])
      expect([await numberOf(database, ROWS), await numberOf(database, LETTERS)]).toEqual([37, 3])
    } finally {
      await database.pool.query('ALTER TABLE sensor_data DROP CONSTRAINT tame')
    }
  })
})

describe('many letters', () => {
  test('5,000 are moved in pages, and one that comes meanwhile is left for the next replay', async () => {
    await bury(
      database,
      Array.from({ length: 5_000 }, (_, seq) => numbered(seq, { deviceId: `d${seq % 50}` })),
    )
    const { partitions } = database
    const sizes: number[] = []
    for await (const page of createPostgresDeadLetters(database.pool).replay({}, { partitions })) {
      if (sizes.length === 0) await bury(database, [numbered(9_999)])
      sizes.push(page.length)
      const stored = sizes.reduce((sum, size) => sum + size)
      expect(await numberOf(database, ROWS)).toBe(stored)
    }
    expect(sizes).toEqual([1_000, 1_000, 1_000, 1_000, 1_000])
    expect(await numberOf(database, LETTERS)).toBe(1)
  })

  test('large ones make small pages, and each is seen once', async () => {
    const large = Buffer.alloc(1024 * 1024, 0x20)
    const ids = await bury(
      database,
      Array.from({ length: 20 }, () => ({ payload: large, receivedAt: T })),
    )
    const sizes: number[] = []
    const seen: number[] = []
    const { partitions } = database
    for await (const page of createPostgresDeadLetters(database.pool).replay({}, { partitions })) {
      sizes.push(page.length)
      seen.push(...page.map(({ id }) => id))
    }
    expect(sizes).toEqual([8, 8, 4])
    expect(seen).toEqual(ids)
  })

  test('a page ends with the letter that brings it to 20,000 readings', async () => {
    const thousand = JSON.stringify(Array.from({ length: 1_000 }, () => ({})))
    await bury(
      database,
      Array.from({ length: 25 }, () => ({ payload: thousand, receivedAt: T })),
    )
    const outcomes = await replay()
    expect(outcomes).toHaveLength(25)
    expect(await numberOf(database, ROWS)).toBe(25_000)
  })
})
