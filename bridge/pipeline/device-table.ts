/**
 * The devices in memory and the one status shown of each. Bounded: over the bound a written device that is
 * offline goes, else one that is written; it is read again when it is heard of. While nothing can be written
 * there may be twice the bound, and past that no new ones: they come in with a later sign of life.
 */
import { type Device, shownStatus } from '../core/device.ts'
import type { DeviceId } from '../core/reading.ts'
import type { BridgeEmitter } from '../events.ts'
import { type DeviceRecord, newDeviceRecord } from './device-record.ts'
import { mergeStored, resumeDevice } from './device-updates.ts'
import { evictUnused } from './second-chance.ts'

export interface DeviceTableDeps {
  readonly events: BridgeEmitter
  /** Called for a record that has to be written. */
  readonly onChanged: (record: DeviceRecord) => void
  /** True while nothing can be written: then nothing may go, and it is not looked for. */
  readonly isStoreAway: () => boolean
  /** Called when devices went for want of room. */
  readonly onEvicted: () => void
}

export interface DeviceTableOptions {
  readonly maxDevices: number
  readonly silentAfterMs: number
}

export interface DeviceTable {
  get(deviceId: DeviceId): DeviceRecord | undefined
  /** The record of a device, made when there is none; undefined when the table is full. */
  admit(deviceId: DeviceId, at: number): DeviceRecord | undefined
  /** Notes that a record's row changed. */
  changed(record: DeviceRecord, at: number): void
  /** Works out the status shown of a device, and tells when it is another one. */
  show(record: DeviceRecord, now: number): void
  /** Joins a record with its stored row, or with the fact that there is none. */
  confirm(record: DeviceRecord, stored: Device | undefined): void
  /** Takes over what another node knows of a device, tells of and stores. */
  learn(heard: Device, now: number): void
  /** Forgets a device; its record, which is not to be written any more. */
  remove(deviceId: DeviceId): DeviceRecord | undefined
  /** Takes in what the store holds. `whole`: these are all there are. */
  load(stored: readonly Device[], whole: boolean): void
  values(): IterableIterator<DeviceRecord>
  /** Every device there is is in memory. */
  readonly whole: boolean
  readonly size: number
}

/** An empty table. */
export const createDeviceTable = (
  { events, onChanged, isStoreAway, onEvicted }: DeviceTableDeps,
  { maxDevices, silentAfterMs }: DeviceTableOptions,
): DeviceTable => {
  const records = new Map<DeviceId, DeviceRecord>()
  let whole = false

  const statusOf = (device: Device, now: number): 'online' | 'offline' =>
    shownStatus(device, now, silentAfterMs) === 'offline' ? 'offline' : 'online'

  const changed = (record: DeviceRecord, at: number): void => {
    record.device.updatedAt = Math.max(record.device.updatedAt, at)
    onChanged(record)
  }

  const show = (record: DeviceRecord, now: number): void => {
    const status = statusOf(record.device, now)
    if (status === record.shown) return
    record.shown = status
    changed(record, now)
    events.emit('device:status', { deviceId: record.device.id, status, at: now })
  }

  const makeRoom = (): void => {
    // A tenth at a time: to look for room at each new device would be slow.
    const enough = (): boolean => records.size <= maxDevices * 0.9
    const isWritten = ({ dirty, writing }: DeviceRecord): boolean => !dirty && !writing
    const isIdle = (record: DeviceRecord): boolean => isWritten(record) && record.shown === 'offline'
    const gone = (): void => {
      whole = false
    }
    evictUnused(records, enough, isIdle, gone)
    evictUnused(records, enough, isWritten, gone)
    if (!whole) onEvicted()
  }

  const confirm = (record: DeviceRecord, stored: Device | undefined): void => {
    if (record.confirmed) return
    record.confirmed = true
    if (stored === undefined) {
      events.emit('device:created', { deviceId: record.device.id })
    } else {
      record.savedLastSeen = stored.lastSeen
      Object.assign(record.device, mergeStored(stored, record.device, record.said))
    }
    record.said = {}
  }

  const admit = (deviceId: DeviceId, at: number): DeviceRecord | undefined => {
    const known = records.get(deviceId)
    if (known !== undefined) return known
    if (records.size >= maxDevices && !isStoreAway()) makeRoom()
    if (records.size >= maxDevices * 2) return undefined
    const record = newDeviceRecord(deviceId, at)
    records.set(deviceId, record)
    if (whole) confirm(record, undefined)
    changed(record, at)
    return record
  }

  const loadOne = (stored: Device): void => {
    const known = records.get(stored.id)
    if (known !== undefined) return confirm(known, stored)
    if (records.size >= maxDevices) return
    const record = newDeviceRecord(stored.id, stored.lastSeen)
    Object.assign(record.device, resumeDevice(stored))
    record.confirmed = true
    record.savedLastSeen = stored.lastSeen
    // What was shown when the row was written: a change since then is still to be told.
    record.shown = statusOf(stored, stored.updatedAt)
    records.set(stored.id, record)
  }

  const learn = (heard: Device, now: number): void => {
    const known = records.get(heard.id)
    if (known === undefined && records.size >= maxDevices) return
    const record = known ?? newDeviceRecord(heard.id, heard.lastSeen)
    const { device } = record
    const isNews = known === undefined || heard.lastSeen > device.lastSeen
    if (known === undefined) Object.assign(device, heard)
    // What it said of itself came by messages of their own: this row may be older than they are.
    if (heard.connectionAt > device.connectionAt) {
      device.connection = heard.connection
      device.connectionAt = heard.connectionAt
    }
    if (isNews) {
      device.lastSeen = heard.lastSeen
      device.reportedStatus = heard.reportedStatus
      record.heardHere = false
    }
    device.hasReadings ||= heard.hasReadings
    record.savedLastSeen = Math.max(record.savedLastSeen, heard.lastSeen)
    if (known === undefined) record.confirmed = true
    record.shown = statusOf(device, now)
    records.set(heard.id, record)
  }

  return {
    learn,
    get: (deviceId) => records.get(deviceId),
    admit,
    changed,
    show,
    confirm,
    remove: (deviceId) => {
      const record = records.get(deviceId)
      records.delete(deviceId)
      return record
    },
    load: (stored, isAll) => {
      for (const device of stored) loadOne(device)
      whole = isAll && stored.every(({ id }) => records.has(id))
      if (!whole) return
      for (const record of records.values()) confirm(record, undefined)
    },
    values: () => records.values(),
    get whole() {
      return whole
    },
    get size() {
      return records.size
    },
  }
}
