/** A reading that can be checked: what it measured follows from its name, so that a row can be compared with it. */
import { createHash } from 'node:crypto'

export interface Reading {
  readonly deviceId: string
  readonly boot: string
  readonly seq: number
  /** Epoch ms by the board's own clock; null for a board without one. */
  readonly ts: number | null
}

export interface Measured {
  readonly temperature: number
  readonly humidity: number
  readonly lightLevel: number
  /** Only some readings have one, so that rows with and without custom fields are mixed. */
  readonly mark: string | null
}

/** Tabs, quotes and what COPY escapes are part of it: they must arrive as they were sent. */
const MARK_TAIL = '\t"\\N"\n\u00b0'

export const keyOf = ({ deviceId, boot, seq }: Omit<Reading, 'ts'>): string => `${deviceId} ${boot} ${seq}`

/** What the board measured: the same for every copy of the reading, unlike that of its neighbours. */
export const measuredOf = (reading: Reading): Measured => {
  const key = keyOf(reading)
  const hash = createHash('md5').update(key).digest()
  return {
    temperature: hash.readUInt16BE(0) / 100 - 300,
    humidity: hash.readUInt16BE(2) / 1000,
    lightLevel: hash.readUInt16BE(4) % 4096,
    mark: hash.readUInt8(6) % 4 === 0 ? `${key}${MARK_TAIL}` : null,
  }
}

/** The reading as a board writes it, without the device's id. */
export const bodyOf = (reading: Reading): Readonly<Record<string, unknown>> => {
  const { mark, ...metrics } = measuredOf(reading)
  const { boot, seq, ts } = reading
  return { ...metrics, boot, seq, ...(ts === null ? {} : { ts }), ...(mark === null ? {} : { mark }) }
}
