/** An answer in the form in which recorded ones are kept, and what it has otherwise. Pure. */
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import type { SocketEvent } from './event-socket.ts'
import type { Exchange } from './http-exchange.ts'
import type { Recording } from './recordings.ts'
import { type Difference, differences } from './replay-diff.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: unknown
  readonly events: readonly SocketEvent[]
}

const UNPACK: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
}

const isBinary = (type: string): boolean => /^(image|video)\//.test(type)

const bodyOf = ({ bytes, headers }: Exchange): unknown => {
  const type = headers['content-type'] ?? ''
  if (bytes.length === 0) return ''
  if (isBinary(type)) return { $bytes: bytes.length, $first16hex: bytes.subarray(0, 16).toString('hex') }
  const unpack = UNPACK[headers['content-encoding'] ?? '']
  const text = (unpack?.(bytes) ?? bytes).toString()
  return type.startsWith('application/json') ? JSON.parse(text) : text
}

export const answerOf = (exchange: Exchange, events: readonly SocketEvent[]): Answer => {
  const headers = Object.fromEntries(
    Object.entries(exchange.headers).map(([name, value]) => [name, String(value)]),
  )
  return { status: exchange.status, headers, body: bodyOf(exchange), events }
}

type Compare = (recorded: string | undefined, ours: string | undefined) => boolean

const exact: Compare = (recorded, ours) => recorded === ours
const alsoThere: Compare = (recorded, ours) => (recorded === undefined) === (ours === undefined)
const words = (text = ''): readonly string[] => text.split(/\s*,\s*/)

/** The headers that are contract, and when ours does for the recorded one. */
const HEADERS: Readonly<Record<string, Compare>> = {
  'access-control-allow-origin': exact,
  'access-control-allow-methods': (recorded, ours) => recorded === undefined || recorded === ours,
  'content-type': exact,
  'content-encoding': exact,
  'content-length': alsoThere,
  'transfer-encoding': alsoThere,
  'cache-control': exact,
  pragma: exact,
  expires: exact,
  location: exact,
  'accept-ranges': exact,
  'content-range': (recorded, ours) => recorded?.replace(/\d+$/, '') === ours?.replace(/\d+$/, ''),
  'last-modified': (recorded, ours) => recorded === undefined || !Number.isNaN(Date.parse(ours ?? '')),
  etag: (recorded, ours) => recorded === undefined || /^W\/"[^"]+"$/.test(ours ?? ''),
  vary: (recorded, ours) =>
    recorded === undefined || words(recorded).every((word) => words(ours).includes(word)),
}

const headerDifferences = (recording: Recording, answer: Answer): readonly Difference[] => {
  const sent = Object.entries(recording.response.headers ?? {})
  const recorded = new Map(sent.map(([name, value]) => [name.toLowerCase(), value]))
  return Object.entries(HEADERS).flatMap(([name, same]) => {
    const [then, ours] = [recorded.get(name), answer.headers[name]]
    return same(then, ours) ? [] : [{ path: `header ${name}`, recorded: then, ours }]
  })
}

const typeOf = (event: unknown): string =>
  typeof event === 'object' && event !== null && 'type' in event ? String(event.type) : 'unreadable'

/** What the sockets were told otherwise than recorded. */
export const eventDifferencesOf = (
  recording: Recording,
  told: readonly SocketEvent[],
  rename: (id: string) => string,
): readonly Difference[] => {
  const found: Difference[] = []
  const left = [...told]
  for (const [index, recorded] of (recording.wsEvents ?? []).entries()) {
    const type = typeOf(recorded)
    const at = left.findIndex((event) => event.type === type)
    const place = { shown: `ws.${type}`, root: `$.wsEvents[${index}]` }
    if (at < 0) found.push({ path: place.shown, recorded, ours: undefined })
    else
      found.push(
        ...differences(recorded, left.splice(at, 1)[0], {
          place,
          rules: { volatile: recording.volatile, left: [], rename },
        }),
      )
  }
  return [...found, ...left.map((event) => ({ path: `ws.${event.type}`, recorded: undefined, ours: event }))]
}

/** Everything in `answer` that is not as recorded. */
export const differencesOf = (
  recording: Recording,
  answer: Answer,
  rename: (id: string) => string,
): readonly Difference[] => {
  const { response, volatile, implementationSpecific = [] } = recording
  const events = eventDifferencesOf(recording, answer.events, rename)
  if (response.status === undefined)
    return [{ path: 'status', recorded: response.error, ours: answer.status }, ...events]
  const status =
    response.status === answer.status
      ? []
      : [{ path: 'status', recorded: response.status, ours: answer.status }]
  const body = differences(response.body, answer.body, {
    place: { shown: 'body', root: '$.response.body' },
    rules: { volatile, left: implementationSpecific, rename },
  })
  return [...status, ...headerDifferences(recording, answer), ...body, ...events]
}
