/**
 * Every device ever heard of: its row, and whether it is shown online. The registry knows more than the store (a sign of
 * life is written every few seconds at most) and answers from memory; the store is read at the start, or as soon as it
 * can be, and then holds what was known before together with what came since.
 */
import { type Device, SILENT_AFTER_MS } from '../core/device.ts'
import { BridgeError } from '../core/errors.ts'
import type { DeviceId } from '../core/reading.ts'
import { RETRY_POLICIES } from '../core/retry.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, DeviceStore, Lifecycle } from '../ports.ts'
import type { DeviceFacts, DeviceService, NodeBus } from '../services.ts'
import { createDeviceCache, type DeviceCache, type DeviceCacheOptions } from './device-cache.ts'
import { createDeviceQueries } from './device-queries.ts'
import type { DeviceRecord } from './device-record.ts'
import { createDeviceRemoval } from './device-removal.ts'
import { createDeviceSharing, type SaidElsewhere } from './device-sharing.ts'
import { createDeviceTable } from './device-table.ts'
import {
  applyFacts,
  applyRegistration,
  factsOf,
  type Heartbeat,
  type Registration,
  sayFacts,
  sayRegistration,
} from './device-updates.ts'
import { createDeviceWriter } from './device-writer.ts'
import { createOutage } from './outage.ts'

export interface DeviceRegistryDeps {
  readonly store: DeviceStore
  readonly clock: Clock
  readonly random?: () => number
  readonly events: BridgeEmitter
  /** Absent: there are no other nodes. */
  readonly bus?: NodeBus | undefined
}

export interface DeviceRegistryOptions {
  readonly flushIntervalMs?: number
  readonly silentAfterMs?: number
  /** How often silence is looked for. */
  readonly sweepMs?: number
  /** A device of which only `lastSeen` changed is written at most once in this time. */
  readonly lastSeenWriteMs?: number
  readonly maxDevices?: number
  /** Of what the store says of devices that memory has no room for. */
  readonly cache?: DeviceCacheOptions
}

export interface DeviceRegistry extends Pick<DeviceService, 'list' | 'get' | 'counts' | 'remove'>, Lifecycle {
  /** Whether the device is in memory: known, also while its row cannot be read. */
  has(deviceId: DeviceId): boolean
  /** A sign of life, at the time it was received (epoch ms). Makes the device known. */
  seen(deviceId: DeviceId, at: number, sign?: { readonly hasReadings?: boolean }): void
  /** A sign of life of a device that is in memory; nothing for one that is not. */
  alive(deviceId: DeviceId, at: number): void
  /** Its MQTT connection began. */
  connected(deviceId: DeviceId, at: number): void
  /** Its MQTT connection ended. Nothing for a device never heard of. */
  disconnected(deviceId: DeviceId, at: number): void
  /** A registration; raises `device:registered`. Throws STORE_UNAVAILABLE when the registry is full. */
  register(registration: Registration): Device
  /** A heartbeat; an unknown device becomes known by it. Throws as `register`. */
  heartbeat(heartbeat: Heartbeat): Device
  /** What came with a frame; an unknown device becomes known by it. Throws as `register`. */
  describe(deviceId: DeviceId, facts: DeviceFacts): Device
  /** Writes what is not in the store yet; resolves also when that failed. */
  flush(): Promise<void>
  /** `loaded`: the store was read, so `list` can answer. */
  stats(): {
    readonly devices: number
    readonly unsaved: number
    readonly loaded: boolean
    readonly caches: ReturnType<DeviceCache['stats']>
  }
}

/** What another node heard of is silent here so much later. */
const OTHERS_FACTOR = 1.25

/** A registry that is empty until started; signs of life are taken from the beginning. */
export const createDeviceRegistry = (
  deps: DeviceRegistryDeps,
  options: DeviceRegistryOptions = {},
): DeviceRegistry => {
  const { store, clock, events, random = Math.random } = deps
  const { flushIntervalMs = 100, silentAfterMs = SILENT_AFTER_MS, sweepMs = 1_000 } = options
  const { lastSeenWriteMs = 5_000, maxDevices = 100_000 } = options
  const outage = createOutage(clock, random, RETRY_POLICIES.postgres)
  const cache = createDeviceCache({ store, clock }, options.cache)
  const onChanged = (record: DeviceRecord): void => writer.changed(record)
  const table = createDeviceTable(
    { events, onChanged, isStoreAway: () => outage.active, onEvicted: cache.forgetLists },
    { maxDevices, silentAfterMs },
  )
  const sharing = deps.bus && createDeviceSharing(deps.bus)
  const writer = createDeviceWriter({
    store: cache.store,
    outage,
    events,
    confirm: table.confirm,
    onWritten: sharing?.tellWritten,
  })
  const queries = createDeviceQueries({ cache, table, outage, events, clock }, { maxDevices, silentAfterMs })
  let timers: readonly NodeJS.Timeout[] = []

  const alive = (record: DeviceRecord, at: number): void => {
    const { device } = record
    const isNews = at > device.lastSeen
    record.touched = true
    record.heardHere = true
    if (isNews) device.lastSeen = at
    if (device.lastSeen - record.savedLastSeen >= lastSeenWriteMs && !record.dirty) table.changed(record, at)
    if (record.shown === 'online') return
    // It said that it goes offline, and is heard of again.
    if (isNews && device.reportedStatus === 'offline') device.reportedStatus = 'online'
    table.show(record, at)
  }

  const link = (record: DeviceRecord, connection: Device['connection'], at: number): void => {
    record.device.connection = connection
    record.device.connectionAt = at
    table.changed(record, at)
    table.show(record, at)
  }

  /** Changes the row of a device by what it said of itself. */
  const say = (deviceId: DeviceId, change: (record: DeviceRecord, at: number) => void): Device => {
    const at = clock()
    const record = table.admit(deviceId, at)
    if (record === undefined) {
      throw new BridgeError('STORE_UNAVAILABLE', 'The device registry is full, and Postgres is away')
    }
    record.touched = true
    record.heardHere = true
    change(record, at)
    table.changed(record, at)
    table.show(record, at)
    return { ...record.device }
  }

  const describe = (deviceId: DeviceId, facts: DeviceFacts): Device => {
    sharing?.tellSaid({ deviceId, facts })
    return say(deviceId, (record, at) => {
      if (!record.confirmed) record.said = sayFacts(record.said, facts)
      Object.assign(record.device, applyFacts(record.device, facts, at))
    })
  }

  /** The node that was told it stores it. */
  const hear = ({ deviceId, facts, registration }: SaidElsewhere, at: number): void => {
    const record = table.get(deviceId)
    if (record === undefined) return
    if (registration !== undefined)
      Object.assign(record.device, applyRegistration(record.device, registration, at))
    if (facts !== undefined) Object.assign(record.device, applyFacts(record.device, facts, at))
    if (record.shown !== 'online') table.show(record, at)
  }

  const learn = (devices: readonly Device[]): void => {
    cache.forget(devices)
    for (const device of devices) table.learn(device, clock())
  }

  const { remove, forget } = createDeviceRemoval({ table, writer, cache, queries, events, sharing })

  const sweep = (): void => {
    const now = clock()
    for (const record of table.values()) {
      if (record.shown !== 'online') continue
      // The node that heard of it last tells of its silence; unless that node is gone.
      const isOurs = sharing === undefined || record.heardHere
      if (isOurs || now - record.device.lastSeen > silentAfterMs * OTHERS_FACTOR) table.show(record, now)
    }
  }

  return {
    seen: (deviceId, at, sign) => {
      const record = table.admit(deviceId, at)
      if (record === undefined) return
      if (sign?.hasReadings === true && !record.device.hasReadings) {
        record.device.hasReadings = true
        table.changed(record, at)
      }
      alive(record, at)
    },
    connected: (deviceId, at) => {
      const record = table.admit(deviceId, at)
      if (record === undefined) return
      link(record, 'connected', at)
      alive(record, at)
    },
    disconnected: (deviceId, at) => {
      const record = table.get(deviceId)
      if (record !== undefined) link(record, 'disconnected', at)
    },
    alive: (deviceId, at) => {
      const record = table.get(deviceId)
      if (record !== undefined) alive(record, at)
    },
    register: (said) => {
      sharing?.tellSaid({ deviceId: said.deviceId, registration: said })
      const device = say(said.deviceId, (record, at) => {
        if (!record.confirmed) record.said = sayRegistration(record.said, said)
        Object.assign(record.device, applyRegistration(record.device, said, at))
      })
      events.emit('device:registered', { device })
      return device
    },
    describe,
    heartbeat: (said) => describe(said.deviceId, factsOf(said)),
    remove,
    has: (deviceId) => table.get(deviceId) !== undefined,
    counts: queries.counts,
    list: queries.list,
    get: queries.get,
    flush: async () => {
      if (queries.loaded) await writer.flush()
    },
    stats: () => {
      const [devices, unsaved] = [table.size, writer.unsaved]
      return { devices, unsaved, loaded: queries.loaded, caches: cache.stats() }
    },
    start: async () => {
      if (timers.length > 0) return
      const turn = (): void => {
        if (queries.loaded) writer.turn()
        else if (outage.due()) void queries.load()
      }
      timers = [setInterval(turn, flushIntervalMs), setInterval(sweep, sweepMs)]
      for (const timer of timers) timer.unref()
      sharing?.start({ learn, hear: (said) => hear(said, clock()), removed: forget })
      await cache.start()
      await queries.load()
    },
    stop: async () => {
      for (const timer of timers) clearInterval(timer)
      timers = []
      sharing?.stop()
      await cache.stop()
      if (!queries.loaded) return
      for (const record of table.values()) {
        if (record.device.lastSeen > record.savedLastSeen) writer.changed(record)
      }
      await writer.flush()
    },
  }
}
