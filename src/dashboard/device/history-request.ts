/** One look at the history of a device: the answer, and its last bucket in single values. */
import type { Api, Result } from '../api.ts'
import type { HistoryAnswer } from './device-answer.ts'
import { type Line, lineOf, openBucketOf, withTail } from './series-join.ts'
import { historyQuery, type ShownRange } from './shown-range.ts'

export interface HistoryRequest {
  readonly deviceId: string
  readonly range: ShownRange
  /** Empty: all there are. */
  readonly metrics: readonly string[]
}

export interface History {
  readonly to: number
  /** Where nothing is stored: what the answer is made of. */
  readonly note: string | undefined
  readonly lines: ReadonlyMap<string, Line>
}

const POINTS = 500

const pathOf = (query: { readonly [name: string]: string }, metrics: readonly string[]): string => {
  const search = new URLSearchParams(query)
  for (const metric of metrics) search.append('metric', metric)
  return `/api/v1/history?${search}`
}

const historyOf = ({ series, to, note }: HistoryAnswer): History => ({
  to,
  note,
  lines: new Map(series.map((one) => [one.metric, lineOf(one, to)])),
})

/** Where to ask for the tail, and of which metrics; undefined where the answer holds no buckets that may grow. */
const openPart = ({
  lines,
  to,
}: History): { readonly cut: number; readonly metrics: string[] } | undefined => {
  const cuts = [...lines].flatMap(([metric, line]) => {
    const cut = openBucketOf(line, to)
    return cut === undefined ? [] : [{ metric, cut }]
  })
  if (cuts.length === 0) return undefined
  return { cut: Math.min(...cuts.map(({ cut }) => cut)), metrics: cuts.map(({ metric }) => metric) }
}

/**
 * `first` is handed the answer as soon as it is there, with its last bucket as it is. A tail that cannot be had is
 * left out: the next look brings it.
 */
export const requestHistory = async (
  api: Api,
  { deviceId, range, metrics }: HistoryRequest,
  { signal, first }: { readonly signal: AbortSignal; readonly first: (history: History) => void },
): Promise<Result<History>> => {
  const query = { deviceId, points: String(POINTS) }
  const asked = pathOf({ ...query, ...historyQuery(range) }, metrics)
  const answer = await api.request<HistoryAnswer>(asked, { signal })
  if (!answer.ok) return answer
  const history = historyOf(answer.value)
  const open = range.kind === 'last' || range.to >= history.to ? openPart(history) : undefined
  if (open === undefined) return { ok: true, value: history }
  first(history)
  const until = range.kind === 'last' ? 'now' : String(range.to)
  const tail = await api.request<HistoryAnswer>(
    pathOf({ ...query, from: String(open.cut), to: until }, open.metrics),
    { signal },
  )
  if (!tail.ok) return tail.problem.kind === 'aborted' ? tail : { ok: true, value: history }
  const fine = historyOf(tail.value)
  const lines = [...history.lines].map(
    ([metric, line]) =>
      [metric, line.bucketMs === null ? line : withTail(line, fine.lines.get(metric), open.cut)] as const,
  )
  return { ok: true, value: { to: fine.to, note: history.note, lines: new Map(lines) } }
}
