import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createPostgresDeadLetters } from '../../bridge/stores/postgres-dead-letters.ts'
import { readingOf } from '../contracts/sink-rows.ts'
import { eventually } from '../support/eventually.ts'
import { openRollupWorld, type RollupWorld } from '../support/rollup-world.ts'

const NOW = Date.UTC(2026, 10, 23, 12, 0, 30)
const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

let world: RollupWorld
beforeAll(async () => {
  world = await openRollupWorld()
})
afterAll(() => world.end())
beforeEach(() => world.reset(NOW))

const at = (ts: number, temperature = 1) => readingOf('a', { ts, temperature })

const one = async <T>(sql: string): Promise<T> => {
  const { rows } = await world.pool.query(sql)
  return rows[0]
}
const state = () =>
  one<{ from: string; to: Date; hours: Date }>(
    'SELECT minute_from::text AS from, minute_to AS to, hour_to AS hours FROM rollup_state',
  )
const count = async (table: string): Promise<number> =>
  (await one<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).n

describe('rollups', () => {
  test('a database without readings is made at once, back to the beginning of time', async () => {
    await world.rollups().round()
    expect(await state()).toEqual({
      from: '-infinity',
      to: new Date(NOW - 30 * SECOND),
      hours: new Date(NOW - 30 * SECOND),
    })
  })

  test('minutes are made up to ten seconds ago, and a reading that came in time needs no mark', async () => {
    const rollups = world.rollups()
    await world.store('s', [])
    await rollups.round()
    await world.store('s', [at(NOW - 5 * SECOND)])
    expect(await count('rollup_marks')).toBe(0)
    await world.setClock(NOW + 39 * SECOND)
    await rollups.round()
    expect(await count('readings_minute')).toBe(0)
    await world.setClock(NOW + 40 * SECOND)
    await rollups.round()
    expect(await count('readings_minute')).toBe(1)
    expect(await world.differences()).toEqual([])
  })

  test('they wait for a batch under way, and go on without a spool that stores nothing', async () => {
    const rollups = world.rollups()
    await world.store('busy', [])
    await world.store('idle', [])
    await rollups.round()
    const end = await world.begin('busy', [at(NOW - SECOND)])
    await world.setClock(NOW + 5 * MINUTE)
    await rollups.round()
    expect((await state()).to).toEqual(new Date(NOW - 30 * SECOND))
    await end()
    await rollups.round()
    expect((await state()).to).toEqual(new Date(NOW + 4.5 * MINUTE))
    expect(await count('readings_minute')).toBe(1)
  })

  test('a new spool whose first batch they went past marks its second one too, though the clock went back', async () => {
    const rollups = world.rollups()
    const end = await world.begin('new', [at(NOW)])
    await world.setClock(NOW + HOUR)
    await rollups.round()
    await end()
    await world.setClock(NOW)
    await world.store('new', [at(NOW + 10 * MINUTE)])
    expect(await world.differences()).toEqual([])
    await world.setClock(NOW + 2 * HOUR)
    await rollups.round()
    expect(await world.allDifferences()).toEqual([])
  })

  test('readings of years before the rollups are made, newest first, over gaps and tables of other names', async () => {
    await world.pool.query(
      `CREATE TABLE IF NOT EXISTS archive PARTITION OF sensor_data FOR VALUES FROM ('2020-01-01Z') TO ('2021-01-01Z')`,
    )
    const old = [3 * HOUR, 40 * DAY, 41 * DAY + 1, 400 * DAY, 2_400 * DAY].map((ago) => at(NOW - ago))
    await world.store('s', old)
    await world.pool.query('DELETE FROM rollup_marks')
    await world.rollups().round()
    expect(await world.allDifferences()).toEqual([])
    expect(await count('readings_hour')).toBe(old.length)
    expect((await state()).from).toBe('-infinity')
  })

  test('months without a round are caught up with', async () => {
    const rollups = world.rollups()
    await world.store('s', [])
    await rollups.round()
    for (const day of [1, 2, 9, 70]) {
      await world.setClock(NOW + day * DAY)
      await world.store('s', [at(NOW + day * DAY - SECOND), at(NOW + day * DAY - HOUR)])
    }
    await world.setClock(NOW + 100 * DAY)
    await rollups.round()
    expect(await world.allDifferences()).toEqual([])
    expect((await state()).hours).toEqual(new Date(NOW + 100 * DAY - 30 * SECOND))
  })

  test('what is gone from the readings goes from the minutes and hours of a marked hour', async () => {
    const rollups = world.rollups()
    await world.store('s', [at(NOW - DAY), at(NOW - DAY + MINUTE)])
    await rollups.round()
    await world.pool.query(`
      DELETE FROM sensor_data;
      INSERT INTO rollup_marks (device_id, hour) SELECT 'a', min(start) FROM readings_hour`)
    await rollups.round()
    expect([await count('readings_minute'), await count('readings_hour')]).toEqual([0, 0])
  })

  test('a clock that was a year ahead and is put right costs no reading its minute', async () => {
    const rollups = world.rollups()
    await world.setClock(NOW + 365 * DAY)
    await world.store('s', [])
    await rollups.round()
    await world.setClock(NOW)
    await rollups.round()
    expect((await state()).to).toEqual(new Date(NOW - 30 * SECOND))
    await world.store('s', [at(NOW)])
    expect(await count('rollup_marks')).toBe(0)
    await world.setClock(NOW + 2 * HOUR)
    await rollups.round()
    expect(await world.allDifferences()).toEqual([])
  })

  test('one process makes them, and another one when it has stopped', async () => {
    const [first, second] = [world.rollups(), world.rollups()]
    await world.store('s', [at(NOW - DAY)])
    await first.round()
    await world.store('s', [at(NOW - DAY)])
    await second.round()
    expect(await count('rollup_marks')).toBe(1)
    await first.stop()
    await eventually(async () => {
      await second.round()
      return (await count('rollup_marks')) === 0
    })
  })

  test('readings of replayed dead letters are marked', async () => {
    await world.partitions.ensureFor([NOW - DAY])
    await world.pool.query(
      `INSERT INTO dead_letters (received_at, topic, device_id, reason, detail, payload)
       VALUES (to_timestamp($1), 'sensors/a/data', 'a', 'bad-value', '', $2)`,
      [NOW / 1_000, Buffer.from(JSON.stringify({ temperature: 3, ts: NOW - DAY }))],
    )
    const rollups = world.rollups()
    await rollups.round()
    const letters = createPostgresDeadLetters(world.pool)
    const outcomes = []
    for await (const page of letters.replay({}, { partitions: world.partitions })) outcomes.push(...page)
    expect(outcomes).toMatchObject([{ outcome: 'moved' }])
    expect(await world.differences()).toEqual([])
    await rollups.round()
    expect(await count('readings_hour')).toBe(1)
    expect(await world.allDifferences()).toEqual([])
  })

  test('a device has 256 series at most, its columns first; other numbers are counted', async () => {
    const custom = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${i}`, i]))
    const rename = (n: number) => Object.fromEntries(Object.entries(custom).map(([k, v]) => [`${k}-${n}`, v]))
    const readings = [0, 1, 2, 3, 4].map((n) =>
      readingOf('a', { ts: NOW - DAY, temperature: 1, custom: rename(n) }),
    )
    await world.store('s', readings)
    const rollups = world.rollups()
    await rollups.round()
    expect(await count('series')).toBe(256)
    expect(await count(`series WHERE metric = 'temperature'`)).toBe(1)
    expect(rollups.counts()).toEqual({ errors: 0, seriesRefused: 5 * 64 + 1 - 256 })
  })

  test('the last of one moment is the one that was received last, then the one with the higher number', async () => {
    const tie = (temperature: number, receivedLater: number, seq: number | null) =>
      readingOf('a', {
        ts: NOW - DAY,
        receivedAt: NOW + receivedLater,
        seq,
        temperature,
        custom: { x: temperature },
      })
    await world.store('s', [tie(1, 1, 7), tie(2, 1, 9), tie(3, 1, null), tie(4, 0, 20)])
    await world.rollups().round()
    const { rows } = await world.pool.query(
      'SELECT last FROM readings_minute UNION ALL SELECT last FROM readings_hour',
    )
    expect(rows).toEqual([{ last: 2 }, { last: 2 }, { last: 2 }, { last: 2 }])
  })

  test('any doubles add up but for their last bits, and none of them stops the rollups', async () => {
    const numbers = [1e300, -1e300, 1.7e308, 9.9e299, -9.9e299, 5e-324, 0.1, 1 / 3, -1e-7]
    await world.store(
      's',
      numbers.map((n, i) => readingOf('a', { ts: NOW - DAY + i, temperature: n, custom: { n } })),
    )
    await world.rollups().round()
    const { rows } = await world.pool.query('SELECT count, sum, min, max, last FROM readings_hour')
    const sum = 0.1 + 1 / 3 - 1e-7
    const made = { count: 6, sum: expect.closeTo(sum, 12), min: -9.9e299, max: 9.9e299, last: -1e-7 }
    expect(rows).toEqual([made, made])
  })
})
