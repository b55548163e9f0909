/**
 * The newest known values of every device: in memory for readers, in the store (Redis) for other processes and
 * the next start, and told to live listeners at a pace a dashboard can follow.
 *
 * Memory is bounded. Over the bound the device longest unused goes, but not before it is written. While nothing
 * can be written memory may hold up to twice the bound; beyond that devices go unwritten, oldest first: Postgres
 * still has their readings. `update` runs for every durable group and must stay cheap.
 */
import { asError } from '../core/errors.ts'
import { type Latest, mergeLatest, mergeReading } from '../core/latest.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, HistoryReader, LatestStore, Lifecycle } from '../ports.ts'
import { createLatestCompleter } from './latest-completer.ts'
import { type LatestEntry, newLatestEntry } from './latest-entry.ts'
import { createLatestFeed, type LatestListener } from './latest-feed.ts'
import { type Found, lookUpLatest } from './latest-lookup.ts'
import { createLatestWriter } from './latest-writer.ts'
import { evictUnused } from './second-chance.ts'

export interface LatestValuesDeps {
  /** Absent: memory only. */
  readonly store?: LatestStore | undefined
  readonly history?: HistoryReader | undefined
  readonly clock: Clock
  readonly random?: () => number
  readonly events: BridgeEmitter
}

export interface LatestValuesOptions {
  readonly flushIntervalMs?: number
  readonly maxDevices?: number
  /** Devices in one write to the store. */
  readonly maxPerWrite?: number
  /** A device is told to listeners at most once in this time: four times a second. */
  readonly feedIntervalMs?: number
  /** How often listeners may be told at all; a change waits for no longer. */
  readonly feedTurnMs?: number
  readonly feedMaxPerTurn?: number
  /** Other processes write to the store: it is asked each time, and knows better than memory. */
  readonly isShared?: boolean
}

export interface LatestValues extends Lifecycle {
  /** Takes readings in, in the order they became durable. Late ones change nothing. */
  update(readings: readonly Reading[]): void
  /**
   * The latest values of the devices that have any, in the order asked for: memory, else store, else history.
   * While one of these is away the answer may lack devices; throws STORE_UNAVAILABLE when it would be empty.
   */
  get(deviceIds: readonly DeviceId[]): Promise<readonly Latest[]>
  /** What memory holds of a device, at once. */
  peek(deviceId: DeviceId): Latest | undefined
  /** Calls back for changed devices, newest wins; the answer ends it. */
  onLatest(listener: LatestListener): () => void
  /** Writes what is not in the store yet; resolves also when that failed. */
  flush(): Promise<void>
  /** Devices in memory, and how many of them are not in the store yet. */
  stats(): { readonly devices: number; readonly unsaved: number; readonly available: boolean }
}

/** Latest values that are empty at first; `start` begins to write and to tell. */
export const createLatestValues = (
  deps: LatestValuesDeps,
  options: LatestValuesOptions = {},
): LatestValues => {
  const { store, history, clock, events, random = Math.random } = deps
  const { flushIntervalMs = 100, maxDevices = 100_000, maxPerWrite = 1_000 } = options
  const { feedIntervalMs = 250, feedTurnMs = 50, feedMaxPerTurn = 1_000, isShared = false } = options
  const entries = new Map<DeviceId, LatestEntry>()
  const onListenerError = (error: unknown): void =>
    void events.emit('bridge:error', { error: asError(error), where: 'listener of latest values' })
  // Before the store (else history) was asked, a late reading could pass for the latest one.
  const isReady = (entry: LatestEntry): boolean => entry.complete || keeper()?.down !== false
  const feed = createLatestFeed(
    { clock, isReady, onError: onListenerError },
    { minIntervalMs: feedIntervalMs, maxPerTurn: feedMaxPerTurn },
  )
  const writer =
    store && createLatestWriter({ store, clock, random, events, onFilled: feed.changed }, maxPerWrite)
  const completer =
    store === undefined && history !== undefined
      ? createLatestCompleter({ history, clock, random }, maxPerWrite)
      : undefined
  /** Who joins an entry with what is known elsewhere. */
  const keeper = () => writer ?? completer
  let timers: readonly NodeJS.Timeout[] = []

  const makeRoom = (bound: number, mayGo: (entry: LatestEntry) => boolean): void =>
    evictUnused(
      entries,
      () => entries.size <= bound,
      mayGo,
      (entry) => keeper()?.forget(entry),
    )

  const add = (latest: Latest, complete: boolean): LatestEntry => {
    const entry = newLatestEntry(latest, complete)
    entries.set(latest.deviceId, entry)
    // A tenth at a time: to look for room at every new device would be slow.
    if (entries.size > maxDevices * 2) makeRoom(Math.ceil(maxDevices * 1.8), () => true)
    return entry
  }

  const updateOne = (reading: Reading): void => {
    let entry = entries.get(reading.deviceId)
    if (entry === undefined) {
      entry = add(mergeReading(undefined, reading), false)
    } else {
      const merged = mergeReading(entry.latest, reading)
      if (merged === entry.latest) return
      entry.latest = merged
      entry.touched = true
    }
    keeper()?.changed(entry)
    feed.changed(entry)
  }

  const fill = (latest: Latest, from: 'store' | 'history'): void => {
    const entry = entries.get(latest.deviceId)
    if (entry === undefined) {
      const added = add(latest, true)
      if (from === 'history') writer?.changed(added)
      return
    }
    entry.latest = mergeLatest(latest, entry.latest)
    // The process that took it in tells of it.
    if (!isShared) feed.changed(entry)
  }

  const get = async (deviceIds: readonly DeviceId[]): Promise<readonly Latest[]> => {
    const asks = isShared && writer?.down !== true
    const unknown = asks ? deviceIds : deviceIds.filter((id) => entries.get(id)?.complete !== true)
    if (unknown.length === 0) return collect(deviceIds, entries, [])
    // A store known to be away is left alone: a frozen one would cost each reader its time-out.
    const spared = writer?.down === true && history !== undefined
    const { found, failure } = await lookUpLatest(unknown, spared ? undefined : store, history)
    for (const { latest, from } of found) fill(latest, from)
    if (failure === undefined) complete(unknown, entries)
    const answer = collect(deviceIds, entries, found)
    if (answer.length === 0 && failure !== undefined) throw failure
    return answer
  }

  const turn = (): void => {
    keeper()?.turn()
    // In an outage nothing may go: to look for it each time would cost more than it frees.
    if (entries.size > maxDevices && writer?.down !== true)
      makeRoom(maxDevices, (entry) => !entry.dirty && !entry.writing)
  }

  /** Here and in the store: on every node, since each may have it in memory. */
  const remove = async (deviceId: DeviceId): Promise<void> => {
    const entry = entries.get(deviceId)
    if (entry !== undefined) {
      entries.delete(deviceId)
      keeper()?.forget(entry)
      feed.forget(entry)
      // What is being written may be this one.
      if (entry.writing) await writer?.flush()
    }
    await store?.remove([deviceId])
  }
  events.on('device:removed', ({ deviceId }) => void remove(deviceId).catch(onListenerError))

  return {
    update: (readings) => {
      for (const reading of readings) updateOne(reading)
    },
    get,
    peek: (deviceId) => entries.get(deviceId)?.latest,
    onLatest: feed.add,
    flush: async () => writer?.flush(),
    stats: () => ({
      devices: entries.size,
      unsaved: writer?.unsaved ?? 0,
      available: writer?.down !== true,
    }),
    start: async () => {
      if (timers.length > 0) return
      timers = [setInterval(turn, flushIntervalMs), setInterval(feed.turn, feedTurnMs)]
      for (const timer of timers) timer.unref()
    },
    stop: async () => {
      for (const timer of timers) clearInterval(timer)
      timers = []
      feed.turn('all')
      await writer?.flush()
    },
  }
}

/** `found` answers for devices that memory had no room for. */
const collect = (
  deviceIds: readonly DeviceId[],
  entries: ReadonlyMap<DeviceId, LatestEntry>,
  found: readonly Found[],
): readonly Latest[] => {
  const answer: Latest[] = []
  const others = new Map(found.map(({ latest }) => [latest.deviceId, latest]))
  for (const id of deviceIds) {
    const entry = entries.get(id)
    if (entry !== undefined) entry.touched = true
    const latest = entry?.latest ?? others.get(id)
    if (latest !== undefined) answer.push(latest)
  }
  return answer
}

const complete = (deviceIds: readonly DeviceId[], entries: ReadonlyMap<DeviceId, LatestEntry>): void => {
  for (const id of deviceIds) {
    const entry = entries.get(id)
    if (entry !== undefined) entry.complete = true
  }
}
