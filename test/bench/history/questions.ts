/** What is asked of the history, in the words of the store and of HTTP. */
import type { RangeQuery } from '../../../bridge/core/range.ts'
import type { DeviceId } from '../../../bridge/core/reading.ts'
import type { HistoryWorld } from './world.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export interface Question {
  readonly label: string
  /** Of the 99th percentile; undefined: none was set. */
  readonly goalMs: number | undefined
  readonly lengthMs: number
  readonly points: number
  readonly devices: number
}

export const QUESTIONS: readonly Question[] = [
  { label: '7 days of a metric, 500 points', goalMs: 50, lengthMs: 7 * DAY_MS, points: 500, devices: 1 },
  { label: '24 h of a metric, 500 points', goalMs: 20, lengthMs: DAY_MS, points: 500, devices: 1 },
  { label: '1 h of a metric, 500 points', goalMs: undefined, lengthMs: HOUR_MS, points: 500, devices: 1 },
  {
    label: '30 days of a metric, 500 points',
    goalMs: undefined,
    lengthMs: 30 * DAY_MS,
    points: 500,
    devices: 1,
  },
  { label: '24 h of 20 devices, 60 points', goalMs: undefined, lengthMs: DAY_MS, points: 60, devices: 20 },
]

export const NEWEST_LABEL = 'newest 100 rows'
export const NEWEST_GOAL_MS = 5
export const NEWEST_ROWS = 100

/** Of other devices in each run, and not up to a whole bucket: raw rows and minutes are read at its ends. */
export const queryOf = (world: HistoryWorld, question: Question, run: number): RangeQuery => {
  const to = world.endsAt - run * 1_234
  return {
    deviceIds: Array.from({ length: question.devices }, (_, n) => world.device(run * 7 + n) as DeviceId),
    metrics: ['temperature'],
    from: to - question.lengthMs,
    to,
    points: question.points,
  }
}

export const pathOf = ({ deviceIds, metrics, from, to, points }: RangeQuery): string => {
  const query = new URLSearchParams({ from: String(from), to: String(to), points: String(points) })
  for (const id of deviceIds) query.append('deviceId', id)
  for (const metric of metrics ?? []) query.append('metric', metric)
  return `/api/v1/history?${query}`
}
