/**
 * Carries changed devices into the store, gathered: one write at a time, each device's newest state only. While
 * the store is away they stay marked. A device whose row was never read is read first, so that what is known
 * since this start does not overwrite what was known before.
 */
import type { Device } from '../core/device.ts'
import { BridgeError, isBridgeError } from '../core/errors.ts'
import type { BridgeEmitter } from '../events.ts'
import type { DeviceStore } from '../ports.ts'
import type { DeviceRecord } from './device-record.ts'
import type { Outage } from './outage.ts'

export interface DeviceWriter {
  changed(record: DeviceRecord): void
  /** Writes what is marked, unless a write is under way or the store is away and its next attempt not due. */
  turn(): void
  /** Writes what is marked now. Never rejects: what could not be written stays marked. */
  flush(): Promise<void>
  /** Devices marked. */
  readonly unsaved: number
}

export interface DeviceWriterDeps {
  readonly store: DeviceStore
  readonly outage: Outage
  readonly events: BridgeEmitter
  /** Joins a record with its stored row, or with the fact that there is none. */
  readonly confirm: (record: DeviceRecord, stored: Device | undefined) => void
}

const MAX_PER_WRITE = 1_000

/** A writer to one store. */
export const createDeviceWriter = ({ store, outage, events, confirm }: DeviceWriterDeps): DeviceWriter => {
  const marked = new Set<DeviceRecord>()
  let tail: Promise<void> = Promise.resolve()
  let busy = false

  const changed = (record: DeviceRecord): void => {
    if (record.dirty) return
    record.dirty = true
    marked.add(record)
  }

  const take = (count: number): readonly DeviceRecord[] => {
    const taken: DeviceRecord[] = []
    for (const record of marked) {
      if (taken.length === count) break
      taken.push(record)
      record.dirty = false
      record.writing = true
      marked.delete(record)
    }
    return taken
  }

  const upsert = async (records: readonly DeviceRecord[]): Promise<void> => {
    const devices = records.map(({ device }) => ({ ...device }))
    try {
      await store.upsert(devices)
    } catch (error) {
      if (!isBridgeError(error, 'ROW_REFUSED')) throw error
      return apart(records, error)
    }
    records.forEach((record, index) => {
      record.savedLastSeen = devices[index]?.lastSeen ?? record.savedLastSeen
    })
  }

  /** One device that the store refuses must not keep the others from being written. */
  const apart = async (records: readonly DeviceRecord[], error: Error): Promise<void> => {
    if (records.length === 1) {
      const named = new BridgeError('ROW_REFUSED', `${records[0]?.device.id}: ${error.message}`, {
        cause: error,
      })
      events.emit('bridge:error', { error: named, where: 'storing a device' })
      return
    }
    const middle = records.length >> 1
    await upsert(records.slice(0, middle))
    await upsert(records.slice(middle))
  }

  const write = async (records: readonly DeviceRecord[]): Promise<boolean> => {
    try {
      for (const record of records) {
        if (!record.confirmed) confirm(record, await store.get(record.device.id))
      }
      await upsert(records)
      outage.succeeded()
      return true
    } catch (error) {
      records.forEach(changed)
      if (outage.failed()) events.emit('devices:failed', { error })
      return false
    } finally {
      for (const record of records) record.writing = false
    }
  }

  const run = async (): Promise<void> => {
    busy = true
    // Devices that change while this runs are for the next run.
    let left = marked.size
    while (left > 0 && marked.size > 0) {
      const records = take(Math.min(left, MAX_PER_WRITE))
      left -= records.length
      if (!(await write(records))) break
    }
    busy = false
  }

  const flush = (): Promise<void> => {
    tail = tail.then(run)
    return tail
  }

  return {
    changed,
    turn: () => {
      if (!busy && marked.size > 0 && outage.due()) void flush()
    },
    flush,
    get unsaved() {
      return marked.size
    },
  }
}
