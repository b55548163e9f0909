/** The end of a device in the registry: out of memory and out of the store, on every node. */
import type { DeviceId } from '../core/reading.ts'
import type { BridgeEmitter } from '../events.ts'
import type { DeviceCache } from './device-cache.ts'
import type { DeviceQueries } from './device-queries.ts'
import type { DeviceRecord } from './device-record.ts'
import type { DeviceSharing } from './device-sharing.ts'
import type { DeviceTable } from './device-table.ts'
import type { DeviceWriter } from './device-writer.ts'

export interface DeviceRemoval {
  /**
   * Forgets a device, here and in the store; whether it was known. Raises `device:removed`, also on the other nodes. What
   * is heard of it afterwards makes it known anew. Throws STORE_UNAVAILABLE, and then nothing is forgotten.
   */
  remove(deviceId: DeviceId): Promise<boolean>
  /** The same in memory alone: another node removed it. */
  forget(deviceId: DeviceId): void
}

export interface DeviceRemovalDeps {
  readonly table: Pick<DeviceTable, 'remove'>
  readonly writer: Pick<DeviceWriter, 'forget' | 'flush'>
  readonly cache: Pick<DeviceCache, 'store' | 'forgetLists'>
  readonly queries: Pick<DeviceQueries, 'get'>
  readonly events: BridgeEmitter
  readonly sharing: Pick<DeviceSharing, 'tellRemoved'> | undefined
}

export const createDeviceRemoval = (deps: DeviceRemovalDeps): DeviceRemoval => {
  const { table, writer, cache, queries, events, sharing } = deps

  const forget = (deviceId: DeviceId): DeviceRecord | undefined => {
    const record = table.remove(deviceId)
    if (record !== undefined) writer.forget(record)
    cache.forgetLists()
    events.emit('device:removed', { deviceId })
    return record
  }

  return {
    remove: async (deviceId) => {
      const isKnown = (await queries.get(deviceId)) !== undefined
      await cache.store.remove([deviceId])
      const record = forget(deviceId)
      if (record?.writing === true) {
        // A write of it was under way, and may have come second.
        await writer.flush()
        writer.forget(record)
        await cache.store.remove([deviceId])
      }
      sharing?.tellRemoved(deviceId)
      return isKnown
    },
    forget: (deviceId) => void forget(deviceId),
  }
}
