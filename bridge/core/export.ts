/** An export: the rows themselves, a device after the other, each by its own time. */
import type { Span } from './range.ts'
import type { DeviceId } from './reading.ts'

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/**
 * How far somebody has an export: `rows` of this device and time were the last, those before them are there. Rows of one
 * time are always told in the same order, so this is exact although they may be alike.
 */
export interface ExportCursor {
  readonly deviceId: DeviceId
  /** Epoch ms. */
  readonly ts: number
  readonly rows: number
}

export interface ExportQuery extends Span {
  readonly format: ExportFormat
  /** Distinct; told in this order. */
  readonly deviceIds: readonly DeviceId[]
  /** Undefined: everything that a row holds. Else rows that have none of them are left out. */
  readonly metrics: readonly string[] | undefined
  /** Go on behind it; its device is one of those asked for. */
  readonly after: ExportCursor | undefined
  /** Rows at most. */
  readonly limit: number | undefined
}

/** The part of an export that is about one device. */
export interface ExportPart extends Span {
  readonly deviceId: DeviceId
  /** Rows at the start that are there already. */
  readonly skip: number
}

/** What is left to tell, in order. */
export const partsOf = ({ deviceIds, from, to, after }: ExportQuery): readonly ExportPart[] => {
  const first = after === undefined ? 0 : deviceIds.indexOf(after.deviceId)
  return deviceIds.slice(Math.max(0, first)).map((deviceId) => {
    if (after === undefined || deviceId !== after.deviceId || after.ts < from)
      return { deviceId, from, to, skip: 0 }
    return { deviceId, from: after.ts, to, skip: after.rows }
  })
}

/** The fields that every row has, in the spelling of readings. */
export const EXPORT_FIELDS = ['deviceId', 'ts', 'receivedAt', 'tsSource', 'boot', 'seq', 'uptimeMs'] as const

/** Text that a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/

/** A text as a field of CSV: quoted when it must be, and never a formula. */
export const csvField = (text: string): string => {
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n']/.test(safe) || safe === '' ? `"${safe.replaceAll('"', '""')}"` : safe
}
