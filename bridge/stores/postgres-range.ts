/**
 * History over a range, from Postgres. One transaction a question, so that rollups, marks and rows are of one moment;
 * which of them are read is decided in core/cut-range.ts. Three round trips and one for each table that is read.
 */
import type pg from 'pg'
import { answerOf } from '../core/answer-range.ts'
import { bucketWidth } from '../core/bucket-width.ts'
import { leastWidth } from '../core/cut-range.ts'
import { BridgeError } from '../core/errors.ts'
import type { RangeAnswer, RangeQuery, RangeSeries, RowSeries } from '../core/range.ts'
import { coverageOf, type RangeState } from '../core/range-coverage.ts'
import { gapOfRows, gridOf } from '../core/range-grid.ts'
import type { DeviceId } from '../core/reading.ts'
import type { RangeReader } from '../ports.ts'
import { endWhenGone } from './postgres-end-when-gone.ts'
import { sqlstateOf } from './postgres-errors.ts'
import { readParts } from './postgres-range-parts.ts'
import { ROWS, STATE } from './postgres-range-sql.ts'
import { endSnapshot, inSnapshot, rangeError } from './postgres-snapshot.ts'
import { createTurns } from './turns.ts'

export interface PostgresRangeOptions {
  /** Of each statement. Default 15,000. */
  readonly timeoutMs?: number
  /** Questions at a time, each on a connection of its own. Default 4. */
  readonly maxRunning?: number
  /** Questions that may wait for their turn. Default 100. */
  readonly maxWaiting?: number
}

const DOING = 'Reading the history'
/** A table of late rows was dropped between two statements: all of it is in the minutes and hours then. */
const UNDEFINED_TABLE = '42P01'

interface RowsRow {
  readonly device: number
  readonly metric: string
  readonly t: readonly number[]
  readonly value: readonly number[]
}

const readState = async (
  client: pg.ClientBase,
  { deviceIds, from, to }: RangeQuery,
  points: number,
): Promise<RangeState> => {
  const values = [deviceIds, new Date(from).toISOString(), new Date(to).toISOString(), points + 1]
  const { rows } = await client.query<RangeState>({ name: 'range-state', text: STATE, values })
  if (rows[0] === undefined) throw new BridgeError('STORE_UNAVAILABLE', 'The table rollup_state is empty')
  return rows[0]
}

const readRows = async (
  client: pg.ClientBase,
  query: RangeQuery,
  deviceIds: readonly DeviceId[],
): Promise<readonly RowSeries[]> => {
  if (deviceIds.length === 0) return []
  const { from, to, metrics = null } = query
  const values = [deviceIds, new Date(from).toISOString(), new Date(to).toISOString(), metrics]
  const { rows } = await client.query<RowsRow>({ name: 'range-rows', text: ROWS, values })
  return rows.flatMap(({ device, metric, t, value }) => {
    const deviceId = deviceIds[device - 1]
    const head = { metric, source: 'raw' as const, bucketMs: null, gapMs: gapOfRows(t) }
    return deviceId === undefined ? [] : [{ deviceId, ...head, t, value }]
  })
}

const readBuckets = async (
  client: pg.ClientBase,
  wanted: Parameters<typeof readParts>[1],
): Promise<readonly RangeSeries[]> => {
  if (wanted.deviceIds.length === 0) return []
  const found = await readParts(client, wanted)
  const bucketMs = wanted.widthMs
  return found.map(({ parts, ...head }) => ({ ...head, bucketMs, ...gridOf(parts, bucketMs) }))
}

/** The answer, from a connection that is in no transaction; it is in one afterwards. */
export const readRange = (
  client: pg.ClientBase,
  query: RangeQuery,
  { timeoutMs = 15_000 }: PostgresRangeOptions = {},
): Promise<RangeAnswer> =>
  inSnapshot(client, timeoutMs, () =>
    answerOf(query, async (points) => {
      const state = await readState(client, query, points)
      const coverage = coverageOf(state)
      const leastMs = leastWidth(query, coverage)
      const widthMs = bucketWidth(query, points, leastMs)
      const isFew = (_: DeviceId, place: number): boolean =>
        leastMs === 0 && (state.rows[place] ?? 0) <= points
      const few = query.deviceIds.filter(isFew)
      const many = query.deviceIds.filter((deviceId, place) => !isFew(deviceId, place))
      const rows = await readRows(client, query, few)
      return [...rows, ...(await readBuckets(client, { query, deviceIds: many, state, coverage, widthMs }))]
    }),
  )

export interface Asking {
  /** Whether this server may answer. */
  readonly admits?: (client: pg.ClientBase) => Promise<boolean>
  readonly signal?: AbortSignal | undefined
}

/** Asks, in turn; the answer is undefined when `admits` says no. Errors are those of `RangeReader`. */
export type AskRange = (query: RangeQuery, asking?: Asking) => Promise<RangeAnswer | undefined>

/** `pool` is for these questions alone: a long one must not keep a short read waiting. */
export const createAskRange = (pool: pg.Pool, options: PostgresRangeOptions = {}): AskRange => {
  const { timeoutMs = 15_000, maxRunning = 4, maxWaiting = 100 } = options
  const inTurn = createTurns({ maxRunning, maxWaiting, maxWaitMs: timeoutMs })

  const ask = async (query: RangeQuery, { admits, signal }: Asking): Promise<RangeAnswer | undefined> => {
    // One that nobody waits for any more has its turn like any other, and does nothing.
    signal?.throwIfAborted()
    const client = await pool.connect()
    const watch = endWhenGone(pool, client, signal)
    try {
      signal?.throwIfAborted()
      const isAdmitted = (await admits?.(client)) !== false
      const answer = isAdmitted ? await readRange(client, query, { timeoutMs }) : undefined
      await watch.end()
      if (watch.isGone()) client.release(true)
      else if (isAdmitted) void endSnapshot(client)
      else client.release()
      return answer
    } catch (error) {
      await watch.end()
      client.release(true)
      throw error
    }
  }

  return async (query, asking = {}) => {
    const again = (error: unknown) => {
      if (sqlstateOf(error) === UNDEFINED_TABLE) return ask(query, asking)
      throw error
    }
    try {
      return await inTurn(() => ask(query, asking).catch(again))
    } catch (error) {
      if (asking.signal?.aborted === true) throw new BridgeError('STOPPING', 'Nobody waits for the answer')
      throw rangeError(error, DOING)
    }
  }
}

/** From the Postgres of `pool`, whose connections are for these questions alone. */
export const createPostgresRange = (pool: pg.Pool, options: PostgresRangeOptions = {}): RangeReader => {
  const ask = createAskRange(pool, options)
  return {
    read: async (query, signal) => {
      const answer = await ask(query, { signal })
      if (answer === undefined) throw new BridgeError('STORE_UNAVAILABLE', `${DOING} was refused`)
      return answer
    },
  }
}
