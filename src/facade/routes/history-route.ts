/**
 * `GET /api/v1/history`: metrics of devices over a range of time, in about as many points as asked for, or every row of it
 * as a file.
 */
import type { FastifyReply } from 'fastify'
import {
  type DeviceId,
  isBridgeError,
  MAX_SERIES,
  parseDeviceId,
  parseMoment,
  type RangeAnswer,
  type RangeQuery,
} from '../../../bridge/index.ts'
import type { FacadeApp, FacadeOptions, RouteDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import {
  type HistoryQuery,
  historyAnswer,
  historyQuery,
  MAX_DEVICES,
  WRONG_MOMENT,
} from '../contract/history.ts'
import { RequestError, responseTimeOf } from '../errors.ts'
import { weakTag } from '../http/conditional-get.ts'
import { negotiate } from '../http/negotiate.ts'
import { endOfText, historyText } from './history-answer.ts'
import { EXPORT_TYPES, readCursor, sendExport } from './history-export.ts'

const DEFAULT_FROM = '-24h'
const JSON_TYPE = 'application/json'
const NOTE = 'Nothing is stored here (USEDB=false): these are the newest readings in memory'

/** What a client does about it, by what went wrong. */
const OUTAGES = {
  TIMEOUT: {
    error:
      'The history of this range takes too long: ask for a shorter one, for fewer devices, or name the metrics',
    retryAfterS: 5,
  },
  BUSY: { error: 'Too many questions about the history wait already: try again in a moment', retryAfterS: 2 },
} as const

/** Throws a 400 that says what a time looks like. */
const momentOf = (name: 'from' | 'to', text: string, now: number): number => {
  const moment = parseMoment(text, now)
  if (moment === undefined) throw new RequestError(400, WRONG_MOMENT(name))
  return moment
}

const spanOf = ({ from, to }: HistoryQuery, now: number): { from: number; to: number } => {
  const span = { from: momentOf('from', from ?? DEFAULT_FROM, now), to: momentOf('to', to ?? 'now', now) }
  if (span.from >= span.to) throw new RequestError(400, 'from must be before to')
  return span
}

/** A text that cannot be an id names a device that cannot exist. */
const idsOf = (texts: readonly string[]): readonly DeviceId[] =>
  texts.map(parseDeviceId).filter((id) => id !== undefined)

const formatOf = (query: HistoryQuery, accept: string | undefined): 'json' | 'csv' | 'ndjson' => {
  if (query.format !== undefined) return query.format
  const type = negotiate(accept, [JSON_TYPE, EXPORT_TYPES.csv, EXPORT_TYPES.ndjson])
  if (type === EXPORT_TYPES.csv) return 'csv'
  return type === EXPORT_TYPES.ndjson ? 'ndjson' : 'json'
}

const tooMany = (series: number): RequestError =>
  new RequestError(
    400,
    `These devices have ${series} metrics in this range, and an answer holds ${MAX_SERIES}: name some with metric=, or ask for fewer devices`,
  )

const sendAnswer = async (
  reply: FastifyReply,
  { from, to }: RangeQuery,
  { answer, note }: { readonly answer: RangeAnswer; readonly note: string | undefined },
): Promise<FastifyReply> => {
  if (!answer.ok) throw tooMany(answer.series)
  const head = {
    success: true as const,
    from,
    to,
    points: answer.points,
    ...(note === undefined ? {} : { note }),
  }
  const text = await historyText(head, answer.series)
  // Not of the time it took, so that the same answer has the same tag.
  reply.header('etag', weakTag(text)).header('cache-control', 'private, no-cache')
  return reply.type('application/json; charset=utf-8').send(text + endOfText(responseTimeOf(reply)))
}

export const historyRoute = (app: FacadeApp, deps: RouteDeps, options: FacadeOptions): void => {
  const { ranges, exports, clock } = deps
  const note = exports === undefined ? NOTE : undefined

  const sendOutage = (reply: FastifyReply, error: unknown): FastifyReply => {
    const outage =
      isBridgeError(error) && error.code in OUTAGES && OUTAGES[error.code as keyof typeof OUTAGES]
    if (outage === false) throw error
    reply.code(503).header('retry-after', outage.retryAfterS)
    return reply.send({ success: false, error: outage.error, responseTime: responseTimeOf(reply) })
  }

  const schema = {
    querystring: historyQuery,
    produces: [JSON_TYPE, ...Object.values(EXPORT_TYPES)],
    response: { 200: historyAnswer, '4xx': errorAnswer, '5xx': errorAnswer },
  }
  app.get('/history', { schema }, async (request, reply) => {
    const { query } = request
    const deviceIds = idsOf(query.deviceId)
    const span = spanOf(query, clock())
    const metrics = query.metric
    const format = formatOf(query, request.headers.accept)
    if (format !== 'json') {
      const after = query.after === undefined ? undefined : readCursor(query.after, deviceIds)
      const wanted = { ...span, format, deviceIds, metrics, after, limit: query.limit }
      return sendExport(request, reply, { query: wanted, deps, stallMs: options.exportStallMs })
    }
    if (query.deviceId.length > MAX_DEVICES)
      throw new RequestError(400, `At most ${MAX_DEVICES} devices in one request`)
    const wanted = { ...span, deviceIds, metrics, points: query.points ?? 1 }
    const gone = new AbortController()
    reply.raw.once('close', () => gone.abort())
    try {
      return await sendAnswer(reply, wanted, { answer: await ranges.read(wanted, gone.signal), note })
    } catch (error) {
      return sendOutage(reply, error)
    }
  })
}
