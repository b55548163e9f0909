/**
 * The glossary. One word per idea, the same word in a topic, a column, a JSON field and a variable.
 *
 * - device:  one board (or camera), named by its device id.
 * - reading: one moment of a device: when, and the metrics measured then.
 * - metric:  one named number of a reading, such as `temperature`.
 * - custom:  whatever else a board sent with a reading, kept as JSON.
 * - message: one MQTT PUBLISH or one REST body; holds one reading or an array of them.
 * - boot:    an id that a board changes at each start; `seq` counts up within it.
 * - spool:   the ordered log on disk between the ack and Postgres; an offset counts its rows.
 * - group:   what one fsync of the spool makes durable.
 * - batch:   what one COPY transaction carries from the spool into Postgres (the sink).
 * - latest:  the newest known value of each metric of a device.
 * - dead letter: a message or row that could not become a reading, kept raw with its reason.
 */

/** The metrics that have a column of their own, with the unit a board sends them in. */
export const METRICS = [
  'temperature', // °C
  'humidity', // % relative
  'distance', // cm, 0 = no echo
  'lightLevel', // 0–4095, whole
  'pressure', // hPa
  'altitude', // m
  'co2Level', // ppm
] as const

export type MetricName = (typeof METRICS)[number]

declare const deviceIdBrand: unique symbol
/** A checked device id; made only by `parseDeviceId`. */
export type DeviceId = string & { readonly [deviceIdBrand]: true }

/** Who said when: the device's own clock, an uptime mapped to wall time, or the time of receipt. */
export type TsSource = 'device' | 'derived' | 'server'

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

export type Metrics = { readonly [name in MetricName]: number | null }

export interface Reading extends Metrics {
  readonly deviceId: DeviceId
  /** Epoch ms: when it was measured, as well as is known. */
  readonly ts: number
  /** Epoch ms by the server's clock. */
  readonly receivedAt: number
  readonly tsSource: TsSource
  /** Milliseconds since the board's boot, as it said. */
  readonly uptimeMs: number | null
  readonly boot: string | null
  readonly seq: number | null
  readonly custom: { readonly [key: string]: JsonValue } | null
}
