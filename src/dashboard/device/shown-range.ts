/** Which stretch of time is shown: as it is written in the address, and what zooming and panning make of it. */

export interface Span {
  /** Epoch ms. */
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

/** The newest so many ms, going on with the clock; or from one moment to another. */
export type ShownRange =
  | { readonly kind: 'last'; readonly ms: number }
  | ({ readonly kind: 'between' } & Span)

const HOUR = 3_600_000
const DAY = 24 * HOUR

export const PRESETS: readonly { readonly label: string; readonly word: string; readonly ms: number }[] = [
  { label: '1 h', word: '1h', ms: HOUR },
  { label: '24 h', word: '24h', ms: DAY },
  { label: '7 d', word: '7d', ms: 7 * DAY },
]

export const DEFAULT_RANGE: ShownRange = { kind: 'last', ms: HOUR }

/** Shorter or longer nobody can ask for, by whatever means. */
const LEAST_MS = 1_000
const MOST_MS = 20 * 366 * DAY

export interface ViewState {
  /** Undefined: the first that there is. */
  readonly metric: string | undefined
  readonly range: ShownRange
}

const rangeIn = (query: URLSearchParams): ShownRange => {
  const preset = PRESETS.find(({ word }) => word === query.get('range'))
  if (preset !== undefined) return { kind: 'last', ms: preset.ms }
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))]
  const isSpan = from > 0 && to - from >= LEAST_MS && to - from <= MOST_MS
  return isSpan ? { kind: 'between', from, to } : DEFAULT_RANGE
}

/** What is behind the `?` of a `location.hash`. */
export const parseViewState = (hash: string): ViewState => {
  const at = hash.indexOf('?')
  const query = new URLSearchParams(at === -1 ? '' : hash.slice(at + 1))
  return { metric: query.get('metric') || undefined, range: rangeIn(query) }
}

/** The part of an address behind `#/device/{id}`; empty when all is as it is by itself. */
export const formatViewState = ({ metric, range }: ViewState): string => {
  const query = new URLSearchParams()
  if (metric !== undefined) query.set('metric', metric)
  if (range.kind === 'between') {
    query.set('from', String(range.from))
    query.set('to', String(range.to))
  } else if (!isSameRange(range, DEFAULT_RANGE)) {
    query.set('range', PRESETS.find(({ ms }) => ms === range.ms)?.word ?? '')
  }
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

export const isSameRange = (a: ShownRange, b: ShownRange): boolean => {
  if (a.kind === 'last' || b.kind === 'last') return a.kind === 'last' && b.kind === 'last' && a.ms === b.ms
  return a.from === b.from && a.to === b.to
}

export const spanOf = (range: ShownRange, now: number): Span =>
  range.kind === 'last' ? { from: now - range.ms, to: now } : range

/** What is chosen on the chart; undefined: too narrow to be meant. */
export const between = (a: number, b: number): ShownRange | undefined => {
  const [from, to] = [Math.round(Math.min(a, b)), Math.round(Math.max(a, b))]
  return to - from < LEAST_MS ? undefined : { kind: 'between', from, to }
}

/** `factor` below 1 shows less. Of a range that goes on with the clock its end stays, else its middle. */
export const zoomed = (range: ShownRange, factor: number, now: number): ShownRange => {
  const { from, to } = spanOf(range, now)
  const length = Math.min(MOST_MS, Math.max(LEAST_MS, (to - from) * factor))
  const end = range.kind === 'last' ? to : Math.min(now, (from + to + length) / 2)
  return { kind: 'between', from: Math.round(end - length), to: Math.round(end) }
}

/** Moved by a share of its length, to the past when negative; never past now. */
export const panned = (range: ShownRange, share: number, now: number): ShownRange => {
  const { from, to } = spanOf(range, now)
  const by = Math.min(Math.max(0, now - to), (to - from) * share)
  if (by === 0 && range.kind === 'last') return range
  return { kind: 'between', from: Math.round(from + by), to: Math.round(to + by) }
}

/** What two fields of a form say, in local time; a sentence when it cannot be shown. */
export const customRange = (from: string, to: string, now: number): ShownRange | string => {
  const [start, end] = [Date.parse(from), Date.parse(to)]
  if (Number.isNaN(start)) return 'Say from when on'
  if (Number.isNaN(end)) return 'Say until when'
  if (end <= start) return 'The end has to be after the beginning'
  if (start >= now) return 'The beginning has to be in the past'
  if (end - start > MOST_MS) return 'That is longer than 20 years'
  return between(start, end) ?? 'That is shorter than a second'
}

const twoDigits = (part: number): string => String(part).padStart(2, '0')

/** For a `datetime-local` field: the local time, to the minute. */
export const fieldValue = (at: number): string => {
  const date = new Date(at)
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-')
  return `${day}T${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`
}

/** The query of `GET /api/v1/history` for it. */
export const historyQuery = (range: ShownRange): { readonly from: string; readonly to: string } =>
  range.kind === 'last'
    ? { from: `-${range.ms / 1_000}s`, to: 'now' }
    : { from: String(range.from), to: String(range.to) }
