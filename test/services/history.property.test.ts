/**
 * The job that makes minutes and hours, what drops months, and the reader, on one Postgres: whatever is stored when, and
 * whatever is made, merged or dropped meanwhile, an answer is that of all readings that were ever stored.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRowEncoder } from '../../bridge/core/copy-row.ts'
import { isBridgeError } from '../../bridge/core/errors.ts'
import type { RangeQuery, RangeSeries } from '../../bridge/core/range.ts'
import { monthSpan } from '../../bridge/core/range-coverage.ts'
import type { Reading } from '../../bridge/core/reading.ts'
import { createPostgresDeadLetters } from '../../bridge/stores/postgres-dead-letters.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { createPostgresRange } from '../../bridge/stores/postgres-range.ts'
import { bury } from '../support/dead-letters.ts'
import { createReadings, DAY, type Sent, START, type Step, step } from '../support/history-steps.ts'
import { expectedOf, type Gone } from '../support/range-oracle.ts'
import { openRollupWorld, type RollupWorld } from '../support/rollup-world.ts'

const RETENTION = { sensor_data: 60, readings_minute: 150, readings_hour: 0 }
const REGULAR = { ...RETENTION, sensor_data: 40_000, readings_minute: 40_000 }

let world: RollupWorld
let pool: ReturnType<typeof createPostgresPool>
let range: ReturnType<typeof createPostgresRange>
beforeAll(async () => {
  world = await openRollupWorld()
  pool = createPostgresPool({ url: world.url, maxConnections: 3 })
  range = createPostgresRange(pool, { maxRunning: 3 })
})
afterAll(async () => {
  await pool?.end()
  await world?.end()
})

/** -0 and 0 are one number in an answer. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const seriesOf = async (asked: RangeQuery): Promise<readonly RangeSeries[]> => {
  const answer = await range.read(asked)
  if (!answer.ok) throw new Error(`${answer.series} series`)
  return answer.series
}

const dropped = async (): Promise<readonly Gone[]> => {
  const { rows } = await world.pool.query(
    'SELECT month, minutes_dropped_at IS NOT NULL AS hours FROM dropped_months',
  )
  return rows.map(({ month, hours }) => ({ ...monthSpan(month), hours }))
}

/** A row as the dead letters keep it. */
const lineOf = (reading: Reading): Uint8Array =>
  Buffer.from(createRowEncoder().reading(reading)).subarray(0, -1)

/** What there is of each series in all, however it is told. */
const totalsOf = (series: readonly object[]): unknown =>
  (plain(series) as RangeSeries[]).map((one) => {
    const { deviceId, metric } = one
    const told =
      one.bucketMs === null
        ? one.value.map((value) => ({ count: 1, min: value, max: value, sum: value, last: value }))
        : one.t.map((_, n) => ({
            ...{ count: one.count[n] ?? 0, min: one.min[n], max: one.max[n], last: one.last[n] },
            sum: Math.round((one.avg[n] ?? 0) * (one.count[n] ?? 0) * 4) / 4,
          }))
    const held = told.filter(({ count }) => count > 0)
    return {
      ...{ deviceId, metric, count: held.reduce((sum, { count }) => sum + count, 0) },
      sum: held.reduce((all, { sum }) => all + sum, 0),
      min: Math.min(...held.map(({ min }) => min ?? Number.NaN)),
      max: Math.max(...held.map(({ max }) => max ?? Number.NaN)),
      last: held.at(-1)?.last,
    }
  })

/** Stores them out of dead letters. */
const replay = async (readings: readonly Reading[]): Promise<void> => {
  const letters = readings.map((reading) => ({
    ...{ payload: lineOf(reading), receivedAt: reading.receivedAt, deviceId: reading.deviceId },
    reason: 'refused-by-postgres',
  }))
  await bury({ ...world, drop: world.end }, letters)
  const { partitions } = world
  const pages = createPostgresDeadLetters(world.pool).replay({}, { partitions })
  for await (const page of pages)
    for (const outcome of page) expect(outcome).toMatchObject({ outcome: 'moved', known: 0 })
}

/** A lock that a round waited for in vain: it comes again. */
const orInUse = (error: unknown): void => {
  if (!isBridgeError(error, 'STORE_UNAVAILABLE') || !error.message.includes('55P03')) throw error
}

const empty = async (): Promise<void> => {
  await world.dropPartitions()
  await world.reset(START)
  await world.pool.query('TRUNCATE dead_letters, device_boots, replayed_readings')
}

/** One run: all that was ever stored, and the time it is. */
const createRun = (retention: typeof RETENTION) => {
  const rollups = world.rollups({ retention })
  const other = world.rollups({ retention })
  const readingsOf = createReadings()
  let all: readonly Reading[] = []
  let now = START

  const wait = async (ms: number): Promise<void> => {
    now += ms
    await world.setClock(now)
  }
  const check = async (questions: readonly RangeQuery[]): Promise<void> => {
    const gone = await dropped()
    for (const asked of questions) {
      const told = (await seriesOf(asked)).map(({ source, gapMs, ...rest }) => rest)
      expect(plain(told)).toEqual(plain(expectedOf(asked, all, gone)))
    }
  }
  const storeWith = async (
    batch: readonly Sent[],
    store: (readings: readonly Reading[]) => Promise<void>,
  ) => {
    const fresh = readingsOf(batch, now)
    await store(fresh)
    all = [...all, ...fresh]
  }
  const together = async (one: Extract<Step, { do: 'together' }>, fresh: readonly Reading[]) => {
    const moments = [all, [...all, ...fresh]]
    const ask = async (asked: RangeQuery): Promise<void> => {
      const allowed = moments.map((some) => totalsOf(expectedOf({ ...asked, points: 1 }, some)))
      expect(allowed).toContainEqual(totalsOf(await seriesOf(asked)))
    }
    const rounds = [rollups, other].map((some) => some.round().then(() => some.round()))
    const work = [world.store(one.spool, fresh), ...one.asked.map(ask)]
    const ended = await Promise.allSettled([...rounds.map((round) => round.catch(orInUse)), ...work])
    for (const end of ended) if (end.status === 'rejected') throw end.reason
  }
  const beside = async (one: Extract<Step, { do: 'beside' }>, fresh: readonly Reading[]): Promise<void> => {
    const end = await world.begin(one.spool, fresh)
    try {
      await wait(one.ms)
      await rollups.round().catch(orInUse)
      await check(one.asked)
    } finally {
      await end()
    }
  }
  const act = async (one: Step): Promise<void> => {
    if (one.do === 'together') return storeWith(one.batch, (fresh) => together(one, fresh))
    if (one.do === 'beside') return storeWith(one.batch, (fresh) => beside(one, fresh))
    if (one.do === 'store') return storeWith(one.batch, (fresh) => world.store(one.spool, fresh))
    if (one.do === 'replay') return storeWith(one.batch, replay)
    if (one.do === 'wait') return wait(one.ms)
    if (one.do === 'round') return rollups.round()
    if (one.do === 'stuck round') {
      await rollups.round()
      await storeWith(one.batch, (fresh) => world.store(one.spool, fresh))
    }
    const set = one.do === 'stuck round' ? world.setStuck : world.setFailing
    await set(true)
    await rollups.round().catch(() => {})
    await set(false)
  }
  return { act, check, wait, rollups }
}

const play = async (retention: typeof RETENTION, steps: readonly Step[]): Promise<void> => {
  await empty()
  const { act, check, wait, rollups } = createRun(retention)
  for (const one of steps) {
    await act(one)
    await check(one.asked)
  }
  await wait(DAY)
  await rollups.round()
  await check(steps.flatMap(({ asked }) => asked))
}

const runs = Number(process.env.RUNS ?? 8)
const steps = fc.array(step, { minLength: 1, maxLength: 14 })

test('an answer is that of all readings ever stored, whatever is made, merged or dropped', async () => {
  const retention = fc.constantFrom(RETENTION, RETENTION, REGULAR)
  await fc.assert(fc.asyncProperty(retention, steps, play), {
    numRuns: runs,
    interruptAfterTimeLimit: 60_000,
  })
}, 120_000)
