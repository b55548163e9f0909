/**
 * A reading as one line of COPY text and back. It is encoded once, when it comes in: the spool keeps that very
 * line and the drain sends it as it is. The column order is said here and nowhere else.
 */
import {
  COPY_NULL,
  createTimestampFormat,
  escapeNullable,
  escapeText,
  numberField,
  parseNumberField,
  unescapeNullable,
  unescapeText,
} from './copy-text.ts'
import { copyObject, type JsonObject } from './custom.ts'
import { BridgeError } from './errors.ts'
import type { DeviceId, Reading, TsSource } from './reading.ts'
import type { RejectionReason } from './rejection.ts'

/** The columns of `sensor_data` in the order of a row's fields. */
export const SENSOR_COLUMNS = [
  'device_id',
  'boot',
  'seq',
  'ts',
  'received_at',
  'ts_source',
  'device_uptime_ms',
  'temperature',
  'humidity',
  'distance',
  'light_level',
  'pressure',
  'altitude',
  'co2_level',
  'custom',
] as const

/** The columns of `dead_letters` in the order of a row's fields. */
export const DEAD_LETTER_COLUMNS = [
  'received_at',
  'topic',
  'client_id',
  'device_id',
  'reason',
  'detail',
  'payload',
] as const

/** A message or row that could not become a reading. */
export interface DeadLetter {
  /** Epoch ms. */
  readonly receivedAt: number
  readonly topic: string
  readonly clientId: string | null
  readonly deviceId: DeviceId | null
  readonly reason: RejectionReason
  readonly detail: string
  /** The raw bytes as they came. */
  readonly payload: Uint8Array
}

export interface RowEncoder {
  /** One line for `SENSOR_COLUMNS`, ended by a newline. */
  reading(reading: Reading): string
  /** One line for `DEAD_LETTER_COLUMNS`, ended by a newline. */
  deadLetter(letter: DeadLetter): string
}

const HEX_DIGITS = '0123456789abcdef'

const customField = (custom: Reading['custom']): string => {
  if (custom === null) return COPY_NULL
  const json = JSON.stringify(custom)
  // Control characters are escaped by JSON already: only its backslashes are left.
  return json.includes('\\') ? json.replaceAll('\\', '\\\\') : json
}

/** What ends the row of a board that measures temperature, humidity and distance at most: the common one. */
const NO_MORE = '\\N\t\\N\t\\N\t\\N\t\\N\n'

const restFields = (r: Reading): string => {
  if (r.custom === null && r.lightLevel === null && r.pressure === null) {
    if (r.altitude === null && r.co2Level === null) return NO_MORE
  }
  const air = `${numberField(r.pressure)}\t${numberField(r.altitude)}\t${numberField(r.co2Level)}`
  return `${numberField(r.lightLevel)}\t${air}\t${customField(r.custom)}\n`
}

/** An encoder of rows; it remembers the last timestamps it printed, so each writer has its own. */
export const createRowEncoder = (): RowEncoder => {
  const measured = createTimestampFormat()
  const received = createTimestampFormat()
  const latin = new TextDecoder('latin1')
  // By way of bytes: a text grown by one byte at a time costs 32 bytes of memory for each.
  const hex = (bytes: Uint8Array): string => {
    const digits = new Uint8Array(bytes.length * 2)
    for (let i = 0, to = 0; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0
      digits[to++] = HEX_DIGITS.charCodeAt(byte >> 4)
      digits[to++] = HEX_DIGITS.charCodeAt(byte & 15)
    }
    return latin.decode(digits)
  }
  return {
    reading: (r) => {
      const receivedAt = received(r.receivedAt)
      const ts = r.ts === r.receivedAt ? receivedAt : measured(r.ts)
      const identity = `${escapeText(r.deviceId)}\t${escapeNullable(r.boot)}\t${numberField(r.seq)}`
      const time = `${ts}\t${receivedAt}\t${r.tsSource}\t${numberField(r.uptimeMs)}`
      const metrics = `${numberField(r.temperature)}\t${numberField(r.humidity)}\t${numberField(r.distance)}`
      return `${identity}\t${time}\t${metrics}\t${restFields(r)}`
    },
    deadLetter: (d) => {
      const origin = `${escapeText(d.topic)}\t${escapeNullable(d.clientId)}\t${escapeNullable(d.deviceId)}`
      const why = `${d.reason}\t${escapeText(d.detail)}`
      return `${received(d.receivedAt)}\t${origin}\t${why}\t\\\\x${hex(d.payload)}\n`
    },
  }
}

const parseCustom = (field: string): JsonObject | null =>
  field === COPY_NULL ? null : copyObject(JSON.parse(unescapeText(field)) as JsonObject)

/**
 * The reading of one line made by `RowEncoder.reading`, its newline included or not. Throws SPOOL_BROKEN when
 * the line is none.
 */
export const decodeRow = (line: string): Reading => {
  const fields = (line.endsWith('\n') ? line.slice(0, -1) : line).split('\t')
  if (fields.length !== SENSOR_COLUMNS.length) {
    throw new BridgeError(
      'SPOOL_BROKEN',
      `a spooled row has ${fields.length} fields, not ${SENSOR_COLUMNS.length}`,
    )
  }
  const field = (column: (typeof SENSOR_COLUMNS)[number]): string =>
    fields[SENSOR_COLUMNS.indexOf(column)] ?? COPY_NULL
  const number = (column: (typeof SENSOR_COLUMNS)[number]): number | null => parseNumberField(field(column))
  return {
    deviceId: unescapeText(field('device_id')) as DeviceId,
    ts: Date.parse(field('ts')),
    receivedAt: Date.parse(field('received_at')),
    tsSource: field('ts_source') as TsSource,
    uptimeMs: number('device_uptime_ms'),
    boot: unescapeNullable(field('boot')),
    seq: number('seq'),
    temperature: number('temperature'),
    humidity: number('humidity'),
    distance: number('distance'),
    lightLevel: number('light_level'),
    pressure: number('pressure'),
    altitude: number('altitude'),
    co2Level: number('co2_level'),
    custom: parseCustom(field('custom')),
  }
}

/** What makes a reading recognisable when it is sent again. */
export interface RowIdentity {
  readonly deviceId: DeviceId
  readonly boot: string
  readonly seq: number
}

/** The identity of a row of readings, or undefined when it has none. Looks at the first three fields only. */
export const rowIdentity = (line: string): RowIdentity | undefined => {
  const first = line.indexOf('\t')
  const second = line.indexOf('\t', first + 1)
  const third = line.indexOf('\t', second + 1)
  if (first === -1 || second === -1 || third === -1) return undefined
  const boot = line.slice(first + 1, second)
  const seq = line.slice(second + 1, third)
  if (boot === COPY_NULL || seq === COPY_NULL) return undefined
  const deviceId = unescapeText(line.slice(0, first)) as DeviceId
  return { deviceId, boot: unescapeText(boot), seq: Number(seq) }
}
