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
import { createMarkedWriter, type MarkedWriter } from './marked-writer.ts'
import type { Outage } from './outage.ts'

export type DeviceWriter = MarkedWriter<DeviceRecord>

export interface DeviceWriterDeps {
  readonly store: DeviceStore
  readonly outage: Outage
  readonly events: BridgeEmitter
  /** Joins a record with its stored row, or with the fact that there is none. */
  readonly confirm: (record: DeviceRecord, stored: Device | undefined) => void
  /** Told of rows that are in the store now. */
  readonly onWritten?: ((devices: readonly Device[]) => void) | undefined
}

const MAX_PER_WRITE = 1_000

/** A writer to one store. */
export const createDeviceWriter = ({
  store,
  outage,
  events,
  confirm,
  onWritten,
}: DeviceWriterDeps): DeviceWriter => {
  const upsert = async (records: readonly DeviceRecord[]): Promise<void> => {
    const devices = records.map(({ device }) => ({ ...device }))
    try {
      await store.upsert(devices)
    } catch (error) {
      if (!isBridgeError(error, 'ROW_REFUSED')) throw error
      return apart(records, error)
    }
    onWritten?.(devices)
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
      if (outage.failed()) events.emit('devices:failed', { error })
      return false
    }
  }

  return createMarkedWriter({ write, due: outage.due }, MAX_PER_WRITE)
}
