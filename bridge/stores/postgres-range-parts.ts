/** The parts of each series that the stretches of a range give, read with as few statements as there are tables. */
import pg from 'pg'
import { type Coverage, cutRange, goneOf, type Stretch } from '../core/cut-range.ts'
import { isMetricName, RANGE_SOURCES, type RangeQuery, type RangeSource } from '../core/range.ts'
import { monthSpan, type RangeState } from '../core/range-coverage.ts'
import type { Partials } from '../core/range-grid.ts'
import { type DeviceId, METRICS, type MetricName } from '../core/reading.ts'
import { rawColumns, rawEvery, rawNamed, rolledUp } from './postgres-range-sql.ts'

/** One series as far as it was read. */
export interface SeriesParts {
  readonly deviceId: DeviceId
  readonly metric: string
  readonly source: RangeSource
  readonly parts: readonly Partials[]
}

/** A device with more metrics than this has rollups of these many only: what is not among them is in the rows. */
export const MAX_ROLLED_UP = 256

/** Nothing is made: every stretch that is not gone is raw. */
const NOTHING_MADE = { minuteTo: Number.NEGATIVE_INFINITY, hourTo: Number.NEGATIVE_INFINITY }

interface DevicePlan {
  readonly deviceId: DeviceId
  readonly stretches: readonly Stretch[]
  /** Those of the rollups, among the metrics asked for. */
  readonly series: readonly { readonly metric: string; readonly id: number }[]
}

export interface PartsWanted {
  readonly query: RangeQuery
  readonly deviceIds: readonly DeviceId[]
  readonly state: RangeState
  readonly coverage: Coverage
  readonly widthMs: number
}

const planOf = (wanted: PartsWanted, deviceId: DeviceId): DevicePlan => {
  const { query, state, coverage, widthMs } = wanted
  const known = state.series.filter(([id]) => id === deviceId)
  const series = known
    .filter(([, metric]) => query.metrics === undefined || query.metrics.includes(metric))
    .map(([, metric, id]) => ({ metric, id }))
  const isCrowded = known.length >= MAX_ROLLED_UP && series.length < (query.metrics ?? []).length
  const marks = state.marks.filter(([id]) => id === deviceId).map(([, hour]) => hour)
  const made = isCrowded ? { ...coverage, ...NOTHING_MADE } : coverage
  return { deviceId, series, stretches: cutRange(query, widthMs, made, marks) }
}

const iso = (ms: number): string => new Date(ms).toISOString()

interface Statement {
  readonly name?: string
  readonly text: string
  readonly values: readonly unknown[]
}

interface PartRow {
  readonly device: number
  readonly metric?: string
  readonly partials: Partials
}

type Found = (place: number, metric: string | undefined) => { deviceId: DeviceId; metric: string } | undefined

const widthOf = (widthMs: number): string => `${widthMs} milliseconds`

const rolledUpStatement = (
  plans: readonly DevicePlan[],
  source: 'minute' | 'hour',
  widthMs: number,
): { readonly statement: Statement | undefined; readonly find: Found } => {
  const slots = plans.flatMap(({ deviceId, series, stretches }) =>
    series.map(({ metric, id }) => ({
      ...{ deviceId, metric, id },
      spans: stretches.filter((stretch) => stretch.source === source),
    })),
  )
  const spans = slots.flatMap((slot, place) => slot.spans.map((span) => ({ place, id: slot.id, ...span })))
  const values = [
    spans.map(({ place }) => place),
    spans.map(({ id }) => id),
    spans.map(({ from }) => iso(from)),
    spans.map(({ to }) => iso(to)),
    widthOf(widthMs),
  ]
  const text = rolledUp(source === 'minute' ? 'readings_minute' : 'readings_hour')
  const statement = spans.length === 0 ? undefined : { name: `range-${source}`, text, values }
  return { statement, find: (place) => slots[place] }
}

/** One column has a plan of its own; more of them share the one that reads all. */
const columnsRead = (columns: readonly MetricName[], table?: string): Pick<Statement, 'name' | 'text'> => {
  const [only] = columns
  const read = columns.length === 1 && only !== undefined ? [only] : METRICS
  return { name: `range-raw-${read.length === 1 ? only : 'all'}`, text: rawColumns(read, table) }
}

interface RawSpan {
  readonly place: number
  readonly deviceId: DeviceId
  readonly from: number
  readonly to: number
}

const rawStatements = (
  spans: readonly RawSpan[],
  { query, widthMs }: PartsWanted,
  table?: string,
): readonly Statement[] => {
  if (spans.length === 0) return []
  const values = [
    spans.map(({ place }) => place),
    spans.map(({ deviceId }) => deviceId),
    spans.map(({ from }) => iso(from)),
    spans.map(({ to }) => iso(to)),
    widthOf(widthMs),
  ]
  const { metrics } = query
  const columns = metrics?.filter(isMetricName) ?? METRICS
  const keys = metrics?.filter((metric) => !isMetricName(metric))
  const ofColumns = { ...columnsRead(columns, table), values: [...values, metrics ?? null] }
  const ofKeys =
    keys === undefined
      ? { name: 'range-raw-custom', text: rawEvery(table), values: [...values, null] }
      : { name: 'range-raw-named', text: rawNamed(table), values: [...values, keys] }
  return [...(columns.length > 0 ? [ofColumns] : []), ...(keys?.length === 0 ? [] : [ofKeys])]
}

const rawSpans = (plans: readonly DevicePlan[]): readonly RawSpan[] =>
  plans.flatMap(({ deviceId, stretches }, place) =>
    stretches.filter(({ source }) => source === 'raw').map(({ from, to }) => ({ place, deviceId, from, to })),
  )

/** Statements about a table that is there for seconds only have no name: nobody asks them again. */
const lateStatements = (plans: readonly DevicePlan[], wanted: PartsWanted): readonly Statement[] =>
  wanted.state.late.flatMap(([table, month, deviceIds]) => {
    const spans = plans.flatMap(({ deviceId }, place) =>
      goneOf(wanted.query, [monthSpan(month)], wanted.widthMs).map((span) => ({ place, deviceId, ...span })),
    )
    const waiting = spans.filter(({ deviceId }) => deviceIds?.includes(deviceId))
    return rawStatements(waiting, wanted, pg.escapeIdentifier(table)).map(({ text, values }) => ({
      text,
      values,
    }))
  })

/** The coarsest first, so that what came after a drop counts as the newer of two at the same time. */
export const readParts = async (
  client: pg.ClientBase,
  wanted: PartsWanted,
): Promise<readonly SeriesParts[]> => {
  const plans = wanted.deviceIds.map((deviceId) => planOf(wanted, deviceId))
  const series = new Map<string, { head: Omit<SeriesParts, 'parts'>; parts: Partials[] }>()

  const read = async (statement: Statement, source: RangeSource, find: Found): Promise<void> => {
    const { rows } = await client.query<PartRow>({ ...statement, values: [...statement.values] })
    for (const { device, metric, partials } of rows) {
      const found = find(device, metric)
      if (found === undefined) continue
      const key = JSON.stringify([found.deviceId, found.metric])
      const known = series.get(key)
      if (known !== undefined) known.parts.push(partials)
      else
        series.set(key, {
          head: { deviceId: found.deviceId, metric: found.metric, source },
          parts: [partials],
        })
    }
  }

  for (const source of RANGE_SOURCES.toReversed()) {
    if (source === 'raw') break
    const { statement, find } = rolledUpStatement(plans, source, wanted.widthMs)
    if (statement !== undefined) await read(statement, source, find)
  }
  for (const statement of [...rawStatements(rawSpans(plans), wanted), ...lateStatements(plans, wanted)]) {
    await read(statement, 'raw', (place, metric) => {
      const deviceId = plans[place]?.deviceId
      return deviceId === undefined || metric === undefined ? undefined : { deviceId, metric }
    })
  }
  return [...series.values()].map(({ head, parts }) => ({ ...head, parts }))
}
