/** `GET /api/v1/history` */
import { z } from 'zod'
import { EXPORT_FORMATS, MAX_METRIC_LENGTH, MOMENT_FORMS, RANGE_SOURCES } from '../../../bridge/index.ts'
import { epochMs, responseTime } from './answers.ts'

const MISSING_DEVICE_ID = 'Missing required query parameter: deviceId'
/** Of a JSON answer; an export goes through its devices one after the other. */
export const MAX_DEVICES = 20
export const MAX_EXPORT_DEVICES = 1_000
const MAX_METRICS = 40
const MAX_POINTS = 5_000
const DEFAULT_POINTS = 500
const MAX_LIMIT = 1_000_000_000

const listOf = (given: unknown): readonly unknown[] => (Array.isArray(given) ? given : [given])
/** The first of several; empty is as good as absent. */
const textOf = (given: unknown): string | undefined => {
  const first = listOf(given)[0]
  return typeof first === 'string' && first !== '' ? first : undefined
}
const given = z.unknown().optional()

const whole = (name: string, max: number, fallback: number | undefined) =>
  given.transform((value, context) => {
    const text = textOf(value)
    if (text === undefined) return fallback
    const number = /^\d{1,12}$/.test(text) ? Number(text) : 0
    if (number >= 1 && number <= max) return number
    context.addIssue({ code: 'custom', message: `${name} must be a whole number from 1 to ${max}` })
    return z.NEVER
  })

const WRONG_METRIC = `metric must be the name of a metric, of 1 to ${MAX_METRIC_LENGTH} characters`
/** Postgres holds no text with U+0000. */
const metricName = z
  .string({ error: WRONG_METRIC })
  .min(1, WRONG_METRIC)
  .max(MAX_METRIC_LENGTH, WRONG_METRIC)
  .refine((name) => !name.includes('\u0000'), WRONG_METRIC)
const metricNames = z.array(metricName).max(MAX_METRICS, `At most ${MAX_METRICS} metrics in one request`)

const askedId = z.string({ error: MISSING_DEVICE_ID }).min(1, MISSING_DEVICE_ID)

export const historyQuery = z.object({
  deviceId: given
    .transform((value) => [...new Set(listOf(value))])
    .pipe(z.array(askedId).max(MAX_EXPORT_DEVICES, `At most ${MAX_EXPORT_DEVICES} devices in one request`)),
  /** Undefined: all of them. */
  metric: given
    .transform((value) => (value === undefined || value === '' ? undefined : [...new Set(listOf(value))]))
    .pipe(metricNames.optional()),
  from: given.transform(textOf),
  to: given.transform(textOf),
  points: whole('points', MAX_POINTS, DEFAULT_POINTS),
  format: given
    .transform((value) => textOf(value)?.toLowerCase())
    .pipe(z.enum(['json', ...EXPORT_FORMATS], { error: 'format must be json, csv or ndjson' }).optional()),
  after: given.transform(textOf),
  limit: whole('limit', MAX_LIMIT, undefined),
})
export type HistoryQuery = z.infer<typeof historyQuery>

export const WRONG_MOMENT = (name: string): string => `${name} must be ${MOMENT_FORMS}`

const count = z.number().int()
const value = z.number().nullable()
const head = {
  deviceId: z.string(),
  metric: z.string(),
  /** Null: a number without one, or one of custom. */
  unit: z.string().nullable(),
}
/** Neighbours that hold something and are farther apart than this have a gap between them. */
const gapMs = count

/** Every bucket from the first to the last that holds something: `count` 0 and null where there is a gap. */
export const bucketSeries = z.object({
  ...head,
  /** The coarsest table that was read. */
  source: z.enum(RANGE_SOURCES),
  bucketMs: count,
  gapMs,
  t: z.array(epochMs).readonly(),
  count: z.array(count).readonly(),
  min: z.array(value).readonly(),
  max: z.array(value).readonly(),
  avg: z.array(value).readonly(),
  last: z.array(value).readonly(),
})

/** The rows themselves, of a device with few of them in the range. */
export const rowSeries = z.object({
  ...head,
  source: z.literal('raw'),
  bucketMs: z.null(),
  gapMs,
  t: z.array(epochMs).readonly(),
  value: z.array(z.number()).readonly(),
})

export const historyAnswer = z.object({
  success: z.literal(true),
  from: epochMs,
  /** Exclusive. */
  to: epochMs,
  /** About so many for each series: what was asked for, or its share of 50,000 in all. */
  points: count,
  /** Where nothing is stored: what the answer is made of instead. */
  note: z.string().optional(),
  series: z.array(z.union([bucketSeries, rowSeries])).readonly(),
  responseTime,
})
export type HistoryAnswer = z.infer<typeof historyAnswer>
export type ShownSeries = HistoryAnswer['series'][number]
