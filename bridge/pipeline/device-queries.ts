/** What can be asked of the devices: from memory where memory has them all, else joined with the store. */
import { type Device, type ReportedStatus, shownStatus } from '../core/device.ts'
import { BridgeError } from '../core/errors.ts'
import type { DeviceId } from '../core/reading.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock } from '../ports.ts'
import type { DeviceService } from '../services.ts'
import type { DeviceCache } from './device-cache.ts'
import { type DeviceRecord, newestSeen } from './device-record.ts'
import type { DeviceTable } from './device-table.ts'
import { resumeDevice } from './device-updates.ts'
import type { Outage } from './outage.ts'

export interface DeviceQueries extends Pick<DeviceService, 'list' | 'get' | 'counts'> {
  /** Reads the store; does nothing once that was done. Never rejects. */
  load(): Promise<void>
  readonly loaded: boolean
}

export interface DeviceQueriesDeps {
  readonly cache: DeviceCache
  readonly table: DeviceTable
  readonly outage: Outage
  readonly events: BridgeEmitter
  readonly clock: Clock
}

export interface DeviceQueriesOptions {
  readonly maxDevices: number
  readonly silentAfterMs: number
}

/** Queries on a table that `load` fills. */
export const createDeviceQueries = (
  { cache, table, outage, events, clock }: DeviceQueriesDeps,
  { maxDevices, silentAfterMs }: DeviceQueriesOptions,
): DeviceQueries => {
  let loaded = false
  let loading: Promise<void> | undefined

  const readAll = async (): Promise<void> => {
    try {
      const stored = await cache.store.list(maxDevices)
      table.load(stored, stored.length < maxDevices)
      loaded = true
      outage.succeeded()
    } catch (error) {
      if (outage.failed()) events.emit('devices:failed', { error })
    } finally {
      loading = undefined
    }
  }

  const load = async (): Promise<void> => {
    if (loaded) return
    loading ??= readAll()
    await loading
  }

  /** What memory has no room for. In an outage it is left out: those devices are the ones not heard of. */
  const others = async (limit: number): Promise<readonly Device[]> => {
    if (table.whole) {
      cache.answered('queries')
      return []
    }
    try {
      return (await cache.reads.list(limit)).filter(({ id }) => table.get(id) === undefined).map(resumeDevice)
    } catch {
      return []
    }
  }

  const needLoaded = async (): Promise<void> => {
    if (!loaded && (outage.due() || loading !== undefined)) await load()
    if (!loaded)
      throw new BridgeError('STORE_UNAVAILABLE', 'The devices have not been read from Postgres yet')
  }

  const counts = async (): Promise<Record<ReportedStatus, number>> => {
    await needLoaded()
    const now = clock()
    const counted = { online: 0, offline: 0, warning: 0, error: 0, maintenance: 0 }
    for (const { device } of table.values()) counted[shownStatus(device, now, silentAfterMs)] += 1
    return counted
  }

  const list = async (limit: number): Promise<readonly Device[]> => {
    await needLoaded()
    const elsewhere = await others(limit)
    return newestSeen([...elsewhere, ...devicesOf(table.values())], limit).map(copy)
  }

  const get = async (deviceId: DeviceId): Promise<Device | undefined> => {
    const known = table.get(deviceId)
    if (known?.confirmed === true || table.whole) {
      cache.answered('devices')
      return known && copy(known.device)
    }
    if (known === undefined) {
      const stored = await cache.reads.get(deviceId)
      if (table.get(deviceId) === undefined) return stored && resumeDevice(stored)
    }
    // It is, or was meanwhile, heard of: joined with its row as it is now, for that is what will be written.
    const stored = await cache.store.get(deviceId)
    const record = table.get(deviceId)
    if (record === undefined) return stored && resumeDevice(stored)
    table.confirm(record, stored)
    return copy(record.device)
  }

  return {
    load,
    list,
    get,
    counts,
    get loaded() {
      return loaded
    },
  }
}

const copy = (device: Device): Device => ({ ...device })

function* devicesOf(records: Iterable<DeviceRecord>): Iterable<Device> {
  for (const { device } of records) yield device
}
