/**
 * Which readings were seen before, by device, boot and seq; kept across restarts.
 *
 * Two windows of the same form. `taken` answers at intake, and holds what is still on its way to the disk.
 * `durable` holds only what an fsync has made sure of, and is what checkpoints write: a checkpoint that knew
 * of a row which a crash then took along would turn that row's resend into a loss.
 */
import { rowIdentity } from '../core/copy-row.ts'
import { createSeenSequences } from '../core/dedupe.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import type { SeenRecord, SpoolStore } from '../ports.ts'

export interface Sequences {
  /** True the first time for this device, boot and seq; always true for a reading without them. */
  isNew(reading: Reading): boolean
  /** Takes note of readings that an fsync has made durable. */
  committed(readings: readonly Reading[]): void
  /** Writes what changed since the last checkpoint; `end` is where the durable rows end. */
  checkpoint(store: SpoolStore, end: number): Promise<void>
  /** Reads back the last checkpoint and the rows written since. */
  restore(store: SpoolStore, checkpoint: number): Promise<void>
}

/** Empty windows. */
export const createSequences = (): Sequences => {
  const taken = createSeenSequences()
  const durable = createSeenSequences()
  let changed = new Set<DeviceId>()
  let checkpointed = 0

  const note = (deviceId: DeviceId, boot: string, seq: number): void => {
    durable.note(deviceId, boot, seq)
    changed.add(deviceId)
  }

  return {
    isNew: ({ deviceId, boot, seq }) => boot === null || seq === null || taken.note(deviceId, boot, seq),
    committed: (readings) => {
      for (const { deviceId, boot, seq } of readings) {
        if (boot !== null && seq !== null) note(deviceId, boot, seq)
      }
    },
    checkpoint: async (store, end) => {
      // Rows without a seq count as well: a spool that is trimmed to nothing knows its end from here alone.
      if (changed.size === 0 && end === checkpointed) return
      const devices = changed
      changed = new Set()
      const records: SeenRecord[] = []
      for (const deviceId of devices) {
        const seen = durable.record(deviceId)
        if (seen !== undefined) records.push({ deviceId, seen })
      }
      try {
        await store.checkpoint(end, records)
        checkpointed = end
      } catch (error) {
        for (const deviceId of devices) changed.add(deviceId)
        throw error
      }
    },
    restore: async (store, checkpoint) => {
      for await (const { deviceId, seen } of store.seen()) {
        taken.restore(deviceId, seen)
        durable.restore(deviceId, seen)
      }
      for await (const entry of store.entries(checkpoint)) {
        for (const line of Buffer.from(entry.readings).toString('utf8').split('\n')) {
          const identity = rowIdentity(line)
          if (identity === undefined) continue
          taken.note(identity.deviceId, identity.boot, identity.seq)
          note(identity.deviceId, identity.boot, identity.seq)
        }
      }
    },
  }
}
