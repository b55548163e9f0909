/**
 * What came late: each marked hour of a device is made anew, and its marks are taken away in the same transaction, by
 * their ids: what is stored meanwhile has marks of its own. Marks of hours that are not made yet, or whose month was
 * dropped (rollup-late-months.ts), are only taken away.
 */
import type pg from 'pg'
import { HOUR_MS, nextSize } from '../core/rollup-slices.ts'
import { makeHours, makeMinutes } from './rollup-buckets.ts'
import type { RollupWork } from './rollup-forward.ts'
import { type RollupState, readState } from './rollup-progress.ts'

/** How many are taken into memory at once. */
const PAGE = 20_000

const NEWEST = 'SELECT coalesce(max(id), 0)::text AS id FROM rollup_marks'
const MARKS = `
  SELECT id::text AS id, device_id AS "deviceId", (extract(epoch FROM hour) * 1000)::double precision AS hour,
    to_char(hour AT TIME ZONE 'UTC', 'YYYY_MM') IN (SELECT month FROM dropped_months) AS "isDropped"
  FROM rollup_marks WHERE id <= $1 ORDER BY id LIMIT ${PAGE}`
const DELETE = 'DELETE FROM rollup_marks WHERE id = ANY ($1::bigint[])'

interface Mark {
  readonly id: string
  readonly deviceId: string
  readonly hour: number
  readonly isDropped: boolean
}

/** The marks of each device in one hour. */
type MarkedHour = ReadonlyMap<string, readonly string[]>

const byHour = (marks: readonly Mark[]): ReadonlyMap<number, MarkedHour> => {
  const hours = new Map<number, Map<string, string[]>>()
  for (const { id, deviceId, hour } of marks) {
    const devices = hours.get(hour) ?? new Map<string, string[]>()
    hours.set(hour, devices)
    const ids = devices.get(deviceId)
    if (ids === undefined) devices.set(deviceId, [id])
    else ids.push(id)
  }
  return new Map([...hours].sort(([a], [b]) => a - b))
}

/** An hour that is made, wholly or in part. */
const isMade = ({ minuteFrom, minuteTo }: RollupState, { hour, isDropped }: Mark): boolean =>
  !isDropped && hour >= minuteFrom && hour < minuteTo

const takeAway = async (client: pg.ClientBase, ids: readonly string[]): Promise<void> => {
  await client.query(DELETE, [ids])
}

const SIZES = { least: 1, most: 1_000, targetMs: 150 } as const

const makeHour = async (
  { session, leftOut }: RollupWork,
  hour: number,
  { marked, state }: { readonly marked: MarkedHour; readonly state: RollupState },
): Promise<void> => {
  const waiting = [...marked]
  const to = hour + HOUR_MS
  for (let size = 20, at = 0; at < waiting.length; ) {
    const some = waiting.slice(at, at + size)
    const deviceIds = some.map(([deviceId]) => deviceId)
    const { tookMs } = await session.chunk(async (client) => {
      leftOut(await makeMinutes(client, { deviceIds, from: hour, to: Math.min(to, state.minuteTo) }))
      if (to <= state.hourTo) await makeHours(client, { deviceIds, from: hour, to })
      await takeAway(
        client,
        some.flatMap(([, ids]) => ids),
      )
    })
    at += size
    size = nextSize(size, tookMs, SIZES)
  }
}

/** Makes the hours anew that were marked before it was called. */
export const makeMarked = async (work: RollupWork): Promise<void> => {
  const { session, ensure } = work
  const [newest] = await session.query<{ id: string }>(NEWEST)
  for (;;) {
    const marks = await session.query<Mark>(MARKS, [newest?.id])
    if (marks.length === 0) return
    const state = (await session.chunk(readState)).result
    const made = marks.filter((mark) => isMade(state, mark))
    const others = marks.filter((mark) => !isMade(state, mark))
    if (others.length > 0)
      await session.chunk((client) =>
        takeAway(
          client,
          others.map(({ id }) => id),
        ),
      )
    for (const [hour, marked] of byHour(made)) {
      await ensure('readings_minute', hour)
      await ensure('readings_hour', hour)
      await makeHour(work, hour, { marked, state })
    }
  }
}
