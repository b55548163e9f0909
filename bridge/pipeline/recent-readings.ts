/**
 * The newest readings of a device by time of receipt, the moment they are durable: from memory where memory
 * surely has them all, else from Postgres together with what it has not got yet (merge-recent.ts).
 */
import { BridgeError } from '../core/errors.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import type { Clock, HistoryReader, Lifecycle } from '../ports.ts'
import { mergeRecent } from './merge-recent.ts'
import { createReadingRings, type ReadingRingsOptions } from './reading-rings.ts'

export interface RecentReadingsDeps {
  /** Absent: memory only. */
  readonly history?: HistoryReader | undefined
  readonly clock: Clock
  /** Rows of the spool below this offset are in Postgres. May lag behind the truth, never lead it. */
  readonly drainedTo: () => number
  /** Whether the drain is about to get past this offset, so that an answer may wait for it. Default: always. */
  readonly drainsSoon?: (offset: number) => boolean
}

export interface RecentReadingsOptions extends Partial<ReadingRingsOptions> {
  readonly sweepMs?: number
  /** How long an answer may wait for readings that left memory and are on their way to Postgres. */
  readonly waitForDrainMs?: number
  /** Other processes take readings in: memory alone is never all there is. */
  readonly isShared?: boolean
}

export interface RecentReadings extends Lifecycle {
  /**
   * Takes in a durable group, in the order of offsets: at once, before the drain can have copied it. After a
   * start the rows still in the spool come first.
   */
  add(readings: readonly Reading[], firstOffset: number): void
  /**
   * The newest readings, newest first; at most `limit`, 500 at the most. Without holes: where there are some
   * that neither memory nor Postgres has at the moment (memory was full before the drain had got to them), it
   * waits for the drain a little, when that is about to get there; after that the list ends early, or lags behind the drain.
   * Of readings alike in everything, time included, one may be missing then.
   * Throws STORE_UNAVAILABLE when memory has none and history cannot be read.
   */
  recent(deviceId: DeviceId, limit: number): Promise<readonly Reading[]>
  /** `size`: readings held. */
  stats(): {
    readonly hits: number
    readonly misses: number
    readonly size: number
    readonly max: number
    readonly devices: number
  }
}

const MAX_LIMIT = 500
const LOOK_EVERY_MS = 20

interface Flight {
  readonly asked: number
  readonly answer: Promise<readonly Reading[]>
}

/** Recent readings, none in memory at first; `start` only begins to forget what nobody uses. */
export const createRecentReadings = (
  { history, clock, drainedTo, drainsSoon = () => true }: RecentReadingsDeps,
  options: RecentReadingsOptions = {},
): RecentReadings => {
  const { perDevice = 100, maxDevices = 10_000, maxReadings = 200_000 } = options
  const { ttlMs = 120_000, sweepMs = 30_000, waitForDrainMs = 0, isShared = false } = options
  const rings = createReadingRings(drainedTo, { perDevice, maxDevices, maxReadings, ttlMs })
  const flights = new Map<DeviceId, Flight>()
  let hits = 0
  let misses = 0
  let timer: NodeJS.Timeout | undefined

  /** What memory alone can answer with certainty. */
  const fromMemory = (deviceId: DeviceId, limit: number): readonly Reading[] | undefined => {
    const ring = rings.use(deviceId, clock())
    if (ring === undefined || isShared) return undefined
    return ring.whole || ring.held.length >= limit ? ring.newest(limit) : undefined
  }

  const inMemory = (deviceId: DeviceId): readonly Reading[] => rings.get(deviceId)?.newest(MAX_LIMIT) ?? []

  /** The highest offset of a reading of the device that memory has no more, or never had. */
  const missing = (deviceId: DeviceId): number => Math.max(rings.missedTo, rings.get(deviceId)?.leftAt ?? -1)

  const untilDrained = async (offset: number): Promise<void> => {
    const isDone = (): boolean => drainedTo() > offset || !drainsSoon(offset)
    for (let waited = 0; waited < waitForDrainMs && !isDone(); waited += LOOK_EVERY_MS)
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }

  const ask = async (deviceId: DeviceId, asked: number): Promise<readonly Reading[]> => {
    if (history === undefined) return inMemory(deviceId)
    if (waitForDrainMs > 0) await untilDrained(missing(deviceId))
    const cursor = drainedTo()
    let readings: readonly Reading[]
    try {
      readings = await history.recent(deviceId, asked)
    } catch (cause) {
      const known = inMemory(deviceId)
      if (known.length > 0) return known
      throw new BridgeError('STORE_UNAVAILABLE', 'Readings are not in memory, and Postgres is away', {
        cause,
      })
    }
    return fill(deviceId, readings, readings.length >= asked, cursor)
  }

  const fill = (
    deviceId: DeviceId,
    readings: readonly Reading[],
    more: boolean,
    cursor: number,
  ): readonly Reading[] => {
    const ring = rings.get(deviceId)
    const { held, storedTo } = mergeRecent({ readings, more, drainedTo: cursor }, ring?.held ?? [])
    if (missing(deviceId) >= storedTo) {
      // Between the readings of memory and those of Postgres there may be some that nobody has now.
      const known = inMemory(deviceId)
      return known.length > 0 ? known : readings
    }
    rings.replace(deviceId, held, !more, clock())
    return held.map(({ reading }) => reading).reverse()
  }

  /** One query of a device at a time: an answer that comes late must not undo a newer one. */
  const query = async (deviceId: DeviceId, asked: number): Promise<readonly Reading[]> => {
    for (let flight = flights.get(deviceId); flight !== undefined; flight = flights.get(deviceId)) {
      if (flight.asked >= asked) return flight.answer
      await flight.answer.catch(() => {})
    }
    const answer = ask(deviceId, asked).finally(() => flights.delete(deviceId))
    flights.set(deviceId, { asked, answer })
    return answer
  }

  const recent = async (deviceId: DeviceId, limit: number): Promise<readonly Reading[]> => {
    const wanted = Math.min(Math.trunc(limit), MAX_LIMIT)
    if (!(wanted > 0)) return []
    const known = fromMemory(deviceId, wanted)
    if (known !== undefined) {
      hits += 1
      return known
    }
    misses += 1
    return (await query(deviceId, Math.max(wanted, perDevice))).slice(0, wanted)
  }

  return {
    add: (readings, firstOffset) => {
      if (readings.length > 0) rings.add(readings, firstOffset)
    },
    recent,
    stats: () => ({ hits, misses, size: rings.readings, max: maxReadings, devices: rings.devices }),
    start: async () => {
      timer ??= setInterval(() => rings.sweep(clock()), sweepMs).unref()
    },
    stop: async () => {
      clearInterval(timer)
      timer = undefined
    },
  }
}
