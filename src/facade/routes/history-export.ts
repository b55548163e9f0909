/** The rows of a range as a file: CSV or a JSON object a line, at the pace of whoever reads them. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  type DeviceId,
  type ExportCursor,
  type ExportFormat,
  type ExportQuery,
  isBridgeError,
  parseDeviceId,
  parseMoment,
} from '../../../bridge/index.ts'
import type { RouteDeps } from '../app.ts'
import { RequestError, responseTimeOf } from '../errors.ts'
import { callerOf } from '../http/caller.ts'
import { cutWhenStalled } from '../http/cut-stalled.ts'

export const EXPORT_TYPES: { readonly [format in ExportFormat]: string } = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
}

const CONTENT_TYPES: { readonly [format in ExportFormat]: string } = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
}
/** A reader that takes nothing for this long is cut off: what it reads from keeps Postgres from cleaning up. */
const STALL_MS = 60_000
const RETRY_AFTER_S = 10
const NOTHING_STORED =
  'Nothing is stored here (USEDB=false), so there is nothing to export: leave USEDB on, or set DATABASE_URL'
const WRONG_CURSOR =
  'after must be DEVICE,TIME,ROWS: the device and ts of the last row you have, and how many rows at the end of what you have are of both; the device is one of those asked for'

const CURSOR = /^(.+),([^,]+),(\d{1,9})$/s

/** Where to go on. Throws a 400 for what is none. */
export const readCursor = (text: string, deviceIds: readonly DeviceId[]): ExportCursor => {
  const [, device, time = '', rows] = CURSOR.exec(text) ?? []
  const deviceId = parseDeviceId(device)
  const ts = parseMoment(time, Number.NaN)
  if (deviceId === undefined || !deviceIds.includes(deviceId) || ts === undefined || Number.isNaN(ts))
    throw new RequestError(400, WRONG_CURSOR)
  return { deviceId, ts, rows: Number(rows) }
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replaceAll(':', '')

/** Plain letters for every system; the name as it is for those that know more (RFC 6266). */
const dispositionOf = ({ deviceIds, from, to, format }: ExportQuery): string => {
  const [only = 'nothing', ...others] = deviceIds
  const what = others.length === 0 ? only : `${deviceIds.length}-devices`
  const name = `${what}_${day(from)}Z_${day(to)}Z.${format}`
  const plain = name.replace(/[^\w.-]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${encoded}`}`
}

const unavailable = (reply: FastifyReply, error: string): FastifyReply =>
  reply
    .code(503)
    .header('retry-after', RETRY_AFTER_S)
    .send({ success: false, error, responseTime: responseTimeOf(reply) })

interface ExportAsked {
  readonly query: ExportQuery
  readonly deps: Pick<RouteDeps, 'exports' | 'visits'>
  /** Default a minute. */
  readonly stallMs?: number | undefined
}

/** Answers with the rows; an error after the first of them ends the connection, so that no client takes it for the end. */
export const sendExport = async (
  request: FastifyRequest,
  reply: FastifyReply,
  { query, deps, stallMs = STALL_MS }: ExportAsked,
): Promise<FastifyReply> => {
  const { exports, visits } = deps
  if (exports === undefined) return unavailable(reply, NOTHING_STORED)
  const headers = {
    'content-type': CONTENT_TYPES[query.format],
    'content-disposition': dispositionOf(query),
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  }
  // Nothing, and no length of it: how long it is, is known at its end.
  if (request.method === 'HEAD') return reply.headers(headers).send(Readable.from([]))
  const gone = new AbortController()
  const caller = callerOf(request)
  const leave = caller === undefined ? undefined : visits.enter(caller, () => request.socket.destroy())
  reply.raw.once('close', () => {
    leave?.()
    gone.abort()
  })
  try {
    const stream = await exports.open(query, gone.signal)
    cutWhenStalled(reply.raw, stallMs)
    return reply.headers(headers).send(stream)
  } catch (error) {
    if (isBridgeError(error, 'BUSY'))
      return unavailable(reply, 'As many exports run as may at a time: try again when one of them is done')
    throw error
  }
}
