import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createRowEncoder } from '../../bridge/core/copy-row.ts'
import type { Reading } from '../../bridge/core/reading.ts'
import type { LetterFilter } from '../../bridge/stores/letter-filter.ts'
import { createPostgresDeadLetters } from '../../bridge/stores/postgres-dead-letters.ts'
import type { ReplayOutcome } from '../../bridge/stores/postgres-replay.ts'
import { withoutReplayed } from '../../bridge/stores/replayed-readings.ts'
import { batchOf, id, readingOf, T } from '../contracts/sink-rows.ts'
import { bury, type GivenLetter } from '../support/dead-letters.ts'
import { eventually } from '../support/eventually.ts'
import {
  type MigratedDatabase,
  migratedDatabase,
  numberOf,
  sinkInto,
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

const store = async (spoolId: string, readings: readonly Reading[], from = 0): Promise<void> => {
  const sink = sinkInto(database)
  const boots = [{ deviceId: id('a'), boot: 'b', oldest: T, leaseFrom: 0, leaseSince: T }]
  try {
    await sink.store(batchOf(spoolId, from, from + readings.length, { readings, boots }))
  } finally {
    await sink.close()
  }
}

const ROWS = 'SELECT count(*) FROM sensor_data'
const LETTERS = 'SELECT count(*) FROM dead_letters'
const seqs = async () =>
  (await storedReadings(database)).map(({ seq }) => seq).sort((x, y) => Number(x) - Number(y))

describe('a replay stores no reading twice', () => {
  test('that is in the table already: its letter goes, and it is counted', async () => {
    await store(
      's',
      [1, 2].map((seq) => readingOf('a', { boot: 'b', seq, temperature: 5 })),
    )
    const all = [1, 2, 3].map((seq) => ({ boot: 'b', seq, temperature: seq }))
    await bury(database, [numbered(2), { payload: JSON.stringify(all), receivedAt: T }])
    expect(await replay()).toMatchObject([
      { outcome: 'moved', readings: 0, known: 1 },
      { outcome: 'moved', readings: 1, known: 2 },
    ])
    expect(await seqs()).toEqual([1, 2, 3])
    expect(await numberOf(database, LETTERS)).toBe(0)
  })

  test('that two letters hold, also when Postgres refuses the first of them', async () => {
    await database.pool.query('ALTER TABLE sensor_data ADD CONSTRAINT tame CHECK (temperature < 1000)')
    try {
      const wild = '[{"boot":"b","seq":1},{"boot":"b","seq":2,"temperature":2000}]'
      await bury(database, [{ payload: wild, receivedAt: T }, numbered(1), numbered(1)])
      expect(await replay()).toMatchObject([
        { outcome: 'refused' },
        { outcome: 'moved', readings: 1, known: 0 },
        { outcome: 'moved', readings: 0, known: 1 },
      ])
      expect(await seqs()).toEqual([1])
    } finally {
      await database.pool.query('ALTER TABLE sensor_data DROP CONSTRAINT tame')
    }
  })

  test('with another replay at the same time, however their letters are alike', async () => {
    const letters = Array.from({ length: 3_000 }, (_, at) => numbered(at % 1_500))
    await bury(database, letters)
    const both = await Promise.all([replay(), replay()])
    // Each letter was moved by one of them, or passed by while the other had it.
    const moved = both.flat().filter(({ outcome }) => outcome === 'moved')
    expect(new Set(moved.map(({ id }) => id)).size).toBe(moved.length)
    await replay()
    expect(await numberOf(database, LETTERS)).toBe(0)
    expect(await numberOf(database, ROWS)).toBe(1_500)
  })

  test('that a sink is just storing: it waits for the sink, and finds it', async () => {
    await store('s', [readingOf('a', { boot: 'b', seq: 1 })])
    await bury(database, [numbered(2)])
    const sink = await database.pool.connect()
    try {
      await sink.query(`BEGIN; UPDATE ingest_cursor SET "offset" = 2 WHERE spool_id = 's'`)
      const replayed = replay()
      const waiting = `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ingest_cursor'::regclass`
      await eventually(async () => (await numberOf(database, waiting)) === 1)
      const row = createRowEncoder()
        .reading(readingOf('a', { boot: 'b', seq: 2 }))
        .trimEnd()
        .split('\t')
      await sink.query(
        `INSERT INTO sensor_data (device_id, boot, seq, ts, received_at, ts_source) VALUES ($1, $2, $3, $4, $5, $6)`,
        row.slice(0, 6),
      )
      await sink.query('COMMIT')
      expect(await replayed).toMatchObject([{ outcome: 'moved', readings: 0, known: 1 }])
    } finally {
      sink.release()
    }
    expect(await seqs()).toEqual([1, 2])
  })

  test('that a sink is given afterwards, though its boot was looked up long ago', async () => {
    await bury(database, [numbered(2)])
    await replay()
    const resent = [2, 3].map((seq) => readingOf('a', { boot: 'b', seq }))
    const { readings } = batchOf('s', 0, 3, { readings: [...resent, readingOf('a')] })
    const left = await withoutReplayed(database.pool, [Buffer.concat(readings)])
    expect(left.resent).toEqual(new Map([['a', 1]]))
    expect(Buffer.concat(left.readings)).toEqual(Buffer.concat(readings.slice(1)))
  })

  test('after a week a sink is not asked to look for it any more', async () => {
    await bury(database, [numbered(2)])
    await replay()
    await database.pool.query(`UPDATE replayed_readings SET replayed_at = now() - interval '8 days'`)
    const { readings } = batchOf('s', 0, 1, { readings: [readingOf('a', { boot: 'b', seq: 2 })] })
    expect((await withoutReplayed(database.pool, readings)).readings).toBe(readings)
    await bury(database, [{ payload: '', receivedAt: T }])
    await replay()
    expect(await numberOf(database, 'SELECT count(*) FROM replayed_readings')).toBe(0)
  })
})
