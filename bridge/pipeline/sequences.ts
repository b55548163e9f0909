/**
 * Which readings were seen before, by device, boot and seq; kept across restarts.
 *
 * Two windows of the same form. `taken` answers at intake, and holds what is still on its way to the disk.
 * `durable` holds only what an fsync has made sure of, and is what checkpoints write: a checkpoint that knew
 * of a row which a crash then took along would turn that row's resend into a loss.
 *
 * What a window does not know may be in the table all the same. That is not looked up here, where a board waits for
 * its ack, but by the drain, in the transaction of the COPY: `unverified` tells it for which boots.
 */
import { rowIdentity, SENSOR_COLUMNS } from '../core/copy-row.ts'
import { createSeenSequences, type SeenLimits } from '../core/dedupe.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import { distrustBoot } from '../core/seen-boot.ts'
import type { SequenceState } from '../core/sequence-state.ts'
import {
  type BootClaim,
  type CheckedBoot,
  createUnverified,
  isSure,
  type SeenRow,
} from '../core/unverified.ts'
import type { Batch, Checkpoint, SeenRecord, SpoolStore } from '../ports.ts'

export interface Sequences {
  /** True the first time for this device, boot and seq; always true for a reading without them. */
  isNew(reading: Reading): boolean
  /** Takes note of readings that an fsync has made durable, in order of their offsets; `offset` is the first's. */
  committed(readings: readonly Reading[], offset: number): void
  /** Boots to be looked up with the rows below `to`, all of which were noted. Nearly always none. */
  unverified(to: number): readonly BootClaim[]
  /** What the sink found when it stored the batch. */
  verified(boots: readonly CheckedBoot[], batch: Pick<Batch, 'from' | 'to'>): void
  /** How far a device's numbers are durable, of the boot used last; undefined when it sends none. */
  readonly state: (deviceId: DeviceId) => SequenceState | undefined
  /** Numbers that never came between others that did, of all boots remembered. */
  readonly missing: number
  /** Writes what changed since the last checkpoint. */
  checkpoint(store: SpoolStore, checkpoint: Checkpoint): Promise<void>
  /**
   * Reads back the last checkpoint and the rows written since its offset. 0 for a spool that was damaged: what it
   * has kept of the devices may not be whole.
   */
  restore(store: SpoolStore, checkpoint: number): Promise<void>
}

const TS = SENSOR_COLUMNS.indexOf('ts')
/** A record of nothing, in place of one that would be out of date. */
const FORGOTTEN = '[]'

/** Of a spooled row; as old as can be when it cannot be read, so that no look misses it. */
const tsOf = (line: string): number => {
  const ts = Date.parse(line.split('\t', TS + 1)[TS] ?? '')
  return Number.isNaN(ts) ? Number.MIN_SAFE_INTEGER : ts
}

/** Empty windows. */
export const createSequences = (limits: Partial<SeenLimits> = {}): Sequences => {
  const unverified = createUnverified()
  const taken = createSeenSequences(limits)
  let changed = new Set<DeviceId>()
  let written: Checkpoint | undefined
  /** The row that is being noted. */
  let at = 0
  /** A boot that comes new may have rows below it that are not in the table yet, forgotten since. */
  let unsureBelow = 0
  const durable = createSeenSequences(limits, {
    made: (boot) => {
      boot.unsureBelow = unsureBelow
    },
    dropped: (boot) => {
      unverified.drop(boot)
      unsureBelow = Math.max(unsureBelow, at)
    },
  })

  const note = (row: SeenRow, name: string): void => {
    const boot = durable.use(row.deviceId, name)
    const isNew = durable.noteIn(boot, row.seq)
    if (!isNew || !isSure(boot, row.seq, row.ts)) unverified.add(boot, row, { offset: at, isNew })
    changed.add(row.deviceId)
  }

  const restoreRecords = async (store: SpoolStore, areTrusted: boolean): Promise<boolean> => {
    let areWhole = true
    for await (const { deviceId, seen } of store.seen()) {
      taken.restore(deviceId, seen)
      const boots = durable.restore(deviceId, seen)
      areWhole &&= boots !== undefined
      for (const boot of boots ?? []) {
        areWhole &&= boot.leaseFrom >= 0
        // Rows noted after this record may be lost from here and in the table all the same.
        if (!areTrusted) distrustBoot(boot)
        unverified.resume(boot, deviceId)
      }
    }
    return areWhole
  }

  return {
    isNew: ({ deviceId, boot, seq }) => boot === null || seq === null || taken.note(deviceId, boot, seq),
    committed: (readings, offset) => {
      at = offset
      for (const reading of readings) {
        const { boot, seq } = reading
        if (boot !== null && seq !== null) note(reading as Reading & { readonly seq: number }, boot)
        at += 1
      }
    },
    unverified: unverified.below,
    verified: (boots, batch) => {
      for (const claim of boots) {
        const boot = durable.find(claim.deviceId, claim.boot)
        if (boot === undefined) continue
        unverified.checked(boot, claim, batch)
        changed.add(claim.deviceId)
      }
    },
    state: durable.state,
    get missing() {
      return durable.missing
    },
    checkpoint: async (store, checkpoint) => {
      // Rows without a seq count as well: a spool that is trimmed to nothing knows its end from here alone.
      const isSame = checkpoint.offset === written?.offset && checkpoint.account === written.account
      if (changed.size === 0 && isSame) return
      const devices = changed
      changed = new Set()
      const records: SeenRecord[] = []
      for (const deviceId of devices) records.push({ deviceId, seen: durable.record(deviceId) ?? FORGOTTEN })
      try {
        await store.checkpoint(checkpoint, records)
        written = checkpoint
      } catch (error) {
        for (const deviceId of devices) changed.add(deviceId)
        throw error
      }
    },
    restore: async (store, checkpoint) => {
      unsureBelow = checkpoint
      at = checkpoint
      const areWhole = await restoreRecords(store, checkpoint > 0)
      for await (const entry of store.entries(areWhole ? checkpoint : 0)) {
        at = entry.offset
        for (const line of Buffer.from(entry.readings).toString('utf8').split('\n')) {
          const identity = rowIdentity(line)
          if (identity !== undefined) {
            taken.note(identity.deviceId, identity.boot, identity.seq)
            note({ ...identity, ts: tsOf(line) }, identity.boot)
          }
          at += 1
        }
      }
    },
  }
}
