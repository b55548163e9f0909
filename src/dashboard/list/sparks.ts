/**
 * The points behind the sparklines. Of devices that come into view the last hour is asked for, those of one moment in
 * one request; from then on they go on by what is heard live.
 */
import { type Signal, signal } from '@preact/signals'
import type { Device } from '../answers.ts'
import type { Api } from '../api.ts'
import type { Fleet } from '../fleet.ts'
import { latestValues } from '../format/latest-values.ts'
import { type HistoryAnswer, pointsOf } from './history-answer.ts'
import { joined, type SparkPoint, withValue } from './spark-series.ts'

export interface Sparks {
  /** Asks for what is not known yet of these. */
  want(ids: readonly string[], metrics: readonly string[]): void
  /** To be read while drawing: a device's row is drawn anew when its history is there. */
  points(id: string, metric: string): readonly SparkPoint[]
  stop(): void
}

interface SparksDeps {
  readonly api: Api
  readonly fleet: Fleet
}

/** The most that one answer holds. */
const MOST_DEVICES = 20
const MOST_SERIES = 100
/** Scrolling past is not looking at. */
const SETTLE_MS = 200
const RETRY_MS = 10_000
const NONE: readonly SparkPoint[] = []

interface Line {
  readonly metrics: Map<string, readonly SparkPoint[]>
  readonly drawn: Signal<number>
  asked: ReadonlySet<string>
}

const queryOf = (ids: readonly string[], metrics: readonly string[]): string => {
  const query = new URLSearchParams({ from: '-1h', points: '60' })
  for (const id of ids) query.append('deviceId', id)
  for (const metric of metrics) query.append('metric', metric)
  return `/api/v1/history?${query}`
}

export const createSparks = ({ api, fleet }: SparksDeps): Sparks => {
  const lines = new Map<string, Line>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking = new AbortController()
  let wanted: { readonly ids: readonly string[]; readonly metrics: readonly string[] } = {
    ids: [],
    metrics: [],
  }

  const lineOf = (id: string): Line => {
    const there = lines.get(id)
    if (there !== undefined) return there
    const made: Line = { metrics: new Map(), drawn: signal(0), asked: new Set() }
    lines.set(id, made)
    return made
  }

  const take = ({ series }: HistoryAnswer): void => {
    for (const one of series) {
      const { metrics, drawn } = lineOf(one.deviceId)
      metrics.set(one.metric, joined(pointsOf(one), metrics.get(one.metric) ?? NONE))
      drawn.value += 1
    }
  }

  const ask = async (ids: readonly string[], metrics: readonly string[]): Promise<void> => {
    for (const id of ids) lineOf(id).asked = new Set(metrics)
    const result = await api.request<HistoryAnswer>(queryOf(ids, metrics), { signal: asking.signal })
    if (result.ok) return take(result.value)
    for (const id of ids) lineOf(id).asked = new Set()
    const { kind } = result.problem
    if (kind !== 'aborted' && kind !== 'missing' && kind !== 'forbidden') plan(RETRY_MS)
  }

  const askForWanted = (): void => {
    const { ids, metrics } = wanted
    const lacking = ids.filter((id) => !metrics.every((metric) => lineOf(id).asked.has(metric)))
    const most = Math.max(1, Math.min(MOST_DEVICES, Math.floor(MOST_SERIES / metrics.length)))
    for (let i = 0; i < lacking.length; i += most) void ask(lacking.slice(i, i + most), metrics)
  }

  const plan = (inMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(askForWanted, inMs)
  }

  const extend = ({ deviceId, latest }: Device): void => {
    const line = lines.get(deviceId)
    if (line === undefined || latest === null) return
    for (const [metric, value] of latestValues(latest)) {
      line.metrics.set(metric, withValue(line.metrics.get(metric) ?? NONE, latest.ts, value))
    }
  }
  const unlisten = fleet.onLatest(extend)

  return {
    want: (ids, metrics) => {
      wanted = { ids, metrics }
      if (metrics.length > 0) plan(SETTLE_MS)
    },
    points: (id, metric) => {
      const { metrics, drawn } = lineOf(id)
      return drawn.value >= 0 ? (metrics.get(metric) ?? NONE) : NONE
    },
    stop: () => {
      clearTimeout(timer)
      unlisten()
      asking.abort()
      asking = new AbortController()
    },
  }
}
