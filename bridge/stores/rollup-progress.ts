/**
 * How far the rollups are (`rollup_state`), and how far they may go: up to the least `live_from` of all spools. Every
 * batch under way marks its rows below the `live_from` that is committed, at least, so that all rows below it are
 * either seen now or will have a mark.
 *
 * A spool whose cursor nobody holds is moved on here: it may store nothing for long. One that has no `live_from` marks
 * all its rows and holds nobody up; it gets one at or after `minute_to`, never before.
 */
import type pg from 'pg'
import { sqlstateOf } from './postgres-errors.ts'
import type { RollupSession } from './rollup-session.ts'

/** Epoch ms; -Infinity in `minuteFrom`: there are no older readings. */
export interface RollupState {
  readonly minuteFrom: number
  readonly minuteTo: number
  readonly hourTo: number
}

const ms = (time: string): string => `(extract(epoch FROM ${time}) * 1000)::double precision`

/** As in the sink (postgres-sink.ts: MOVE_CURSOR). */
const NOW = `date_trunc('minute', now() - interval '10 seconds', 'UTC')`

/** The clock of the server was ahead, and was put right: what it made us skip is made anew. */
const TURN_BACK = `
  UPDATE rollup_state SET minute_from = least(minute_from, hour), minute_to = hour, hour_to = least(hour_to, hour)
  FROM (SELECT date_trunc('hour', ${NOW}, 'UTC') AS hour) AS here
  WHERE minute_to > ${NOW} + interval '5 minutes'`

const MOVE_ON = `
  WITH wanted AS (
    SELECT spool_id, greatest(minute_to, ${NOW},
      CASE WHEN live_from <= ${NOW} + interval '5 minutes' THEN live_from END) AS live_from
    FROM ingest_cursor CROSS JOIN rollup_state
  ), free AS (
    SELECT spool_id, wanted.live_from FROM ingest_cursor JOIN wanted USING (spool_id)
    WHERE ingest_cursor.live_from IS DISTINCT FROM wanted.live_from FOR UPDATE OF ingest_cursor SKIP LOCKED
  )
  UPDATE ingest_cursor SET live_from = free.live_from FROM free WHERE ingest_cursor.spool_id = free.spool_id`

const BOUND = `SELECT ${ms(`least(min(live_from), ${NOW})`)} AS bound FROM ingest_cursor`

const STATE = `
  SELECT ${ms('minute_from')} AS "minuteFrom", ${ms('minute_to')} AS "minuteTo", ${ms('hour_to')} AS "hourTo"
  FROM rollup_state`

const MOVE = {
  minuteFrom: 'UPDATE rollup_state SET minute_from = to_timestamp($2) WHERE minute_from = to_timestamp($1)',
  minuteTo: 'UPDATE rollup_state SET minute_to = to_timestamp($2) WHERE minute_to = to_timestamp($1)',
  hourTo: 'UPDATE rollup_state SET hour_to = to_timestamp($2) WHERE hour_to = to_timestamp($1)',
} as const satisfies Record<keyof RollupState, string>

const LOCK_NOT_AVAILABLE = '55P03'

export const readState = async (client: pg.ClientBase): Promise<RollupState> => {
  const { rows } = await client.query<RollupState>(STATE)
  if (rows[0] === undefined) throw new Error('the row of rollup_state is missing')
  return rows[0]
}

/** Up to where minutes may be made now (epoch ms). */
export const readBound = async (session: RollupSession): Promise<number> => {
  await session.query(TURN_BACK)
  await session.query(MOVE_ON).catch((error) => {
    // A replay of dead letters holds all cursors: then they stay where they are.
    if (sqlstateOf(error) !== LOCK_NOT_AVAILABLE) throw error
  })
  const [row] = await session.query<{ bound: number }>(BOUND)
  return row?.bound ?? Number.NEGATIVE_INFINITY
}

/** Moves one of the bounds, from where it was believed to be. */
export const moveState = async (
  client: pg.ClientBase,
  bound: keyof RollupState,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> => {
  const moved = await client.query(MOVE[bound], [from / 1000, to / 1000])
  if (moved.rowCount !== 1) throw new Error('rollup_state was changed by somebody else')
}
