/**
 * Puts together what Postgres answered and what memory holds of one device, each reading once.
 *
 * The spool is drained in the order of offsets, so Postgres holds exactly the rows below some offset C. C is
 * known only from below: `drainedTo`, read before the query; a COPY may commit between the two, and the drain
 * learns of a commit only after it is done. So a reading below `drainedTo` is in Postgres for sure, and for one
 * at or above it Postgres' answer decides, by content. Two readings alike in every field are two readings: each
 * row answered stands for one of memory, those surely stored first.
 */
import { type JsonValue, METRICS, type Reading } from '../core/reading.ts'
import { byReceipt } from './reading-order.ts'
import { type Held, STORED } from './reading-ring.ts'

export interface Merged {
  /** Oldest first. */
  readonly held: readonly Held[]
  /** Rows below this offset are surely in Postgres, and were when it was asked. */
  readonly storedTo: number
}

export interface Stored {
  /** What Postgres answered, newest first. */
  readonly readings: readonly Reading[]
  /** There are older ones that it was not asked for. */
  readonly more: boolean
  /** The drain's cursor, read before Postgres was asked. */
  readonly drainedTo: number
}

/** @param inMemory what the ring holds, oldest first; read after Postgres answered */
export const mergeRecent = (stored: Stored, inMemory: readonly Held[]): Merged => {
  const { readings, more, drainedTo } = stored
  const rows = groupByPlace(readings)
  const held: Held[] = readings.map((reading) => ({ reading, offset: STORED }))
  for (const one of inMemory) {
    if (one.offset < drainedTo) takeRow(rows, one.reading)
  }
  let storedTo = drainedTo
  for (const one of inMemory) {
    if (one.offset < drainedTo) continue
    if (takeRow(rows, one.reading)) storedTo = Math.max(storedTo, one.offset + 1)
    else held.push(one)
  }
  // Below the oldest row answered Postgres may hold others, between those that memory holds.
  const last = more ? readings.at(-1) : undefined
  const known = last === undefined ? held : held.filter(({ reading }) => byReceipt(reading, last) >= 0)
  return { held: known.sort((a, b) => byReceipt(a.reading, b.reading)), storedTo }
}

const placeOf = ({ receivedAt, ts, boot, seq }: Reading): string => `${receivedAt} ${ts} ${seq} ${boot}`

const groupByPlace = (readings: readonly Reading[]): Map<string, Reading[]> => {
  const groups = new Map<string, Reading[]>()
  for (const reading of readings) {
    const place = placeOf(reading)
    const group = groups.get(place)
    if (group === undefined) groups.set(place, [reading])
    else group.push(reading)
  }
  return groups
}

/** Takes a row like `reading` away; false when there is none. */
const takeRow = (rows: ReadonlyMap<string, Reading[]>, reading: Reading): boolean => {
  const group = rows.get(placeOf(reading))
  const index = group?.findIndex((row) => isAlike(row, reading)) ?? -1
  if (index < 0) return false
  group?.splice(index, 1)
  return true
}

const isAlike = (a: Reading, b: Reading): boolean =>
  METRICS.every((metric) => a[metric] === b[metric]) &&
  a.uptimeMs === b.uptimeMs &&
  a.tsSource === b.tsSource &&
  isSameJson(a.custom, b.custom)

/** Postgres keeps neither the order of the keys nor the sign of a zero. Depth is bounded by the decoder. */
const isSameJson = (a: JsonValue, b: JsonValue): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [keysOfA, keysOfB] = [Object.keys(a), Object.keys(b)]
  if (Array.isArray(a) !== Array.isArray(b) || keysOfA.length !== keysOfB.length) return false
  const [inA, inB] = [a, b] as unknown as [Fields, Fields]
  return keysOfA.every(
    (key) => Object.hasOwn(inB, key) && isSameJson(inA[key] as JsonValue, inB[key] as JsonValue),
  )
}

type Fields = { readonly [key: string]: JsonValue }
