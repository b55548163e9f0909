/**
 * Which readings may be in the table already though the window does not remember them, so that whoever stores
 * them has to look. Never forgotten here, each is a row that would be stored twice; told once too often, a look.
 *
 * A boot is trusted once the table was looked into when the first reading of it came: what the table holds
 * since then came through this window. To find a reading in a table of years without an index by number (which would
 * cost more than half of what a COPY takes), each boot holds a lease: a block of numbers, and the oldest `ts` that
 * a row of that block has. The lease is written to the table of boots together with the rows, so that a window
 * that has lost its memory knows which numbers were never stored, and since when to look for the others.
 */
import type { DeviceId } from './reading.ts'
import { LEASE_NUMBERS, type SeenBoot } from './seen-boot.ts'

/** A boot to be looked up, and what the table of boots has to know before its rows are stored. */
export interface BootClaim {
  readonly deviceId: DeviceId
  readonly boot: string
  /** No row that is stored of this boot is older than this `ts` (epoch ms), or than what is written already. */
  readonly oldest: number
  /** First number of the highest block of numbers in use, and the oldest `ts` in that block. */
  readonly leaseFrom: number
  readonly leaseSince: number
}

/** A boot that was looked up, with the claim that was written. */
export interface CheckedBoot extends BootClaim {
  /** The table holds no number above this one that came before this batch; -1 for none at all. */
  readonly highest: number
}

/** A row as it counts here. */
export interface SeenRow {
  readonly deviceId: DeviceId
  readonly seq: number
  /** Epoch ms. */
  readonly ts: number
}

export interface Unverified {
  /** A row at this offset of the spool has to be looked up; `isNew`: the window did not remember its number. */
  add(boot: SeenBoot, row: SeenRow, at: { readonly offset: number; readonly isNew: boolean }): void
  /** Takes up again what a record says is waiting. */
  resume(boot: SeenBoot, deviceId: DeviceId): void
  /** The boots with such rows below this offset. */
  below(offset: number): readonly BootClaim[]
  /** Rows `from` … `to - 1` are stored, and the boot was looked up with them. */
  checked(boot: SeenBoot, claim: CheckedBoot, rows: { readonly from: number; readonly to: number }): void
  /** The window gives up this boot. */
  drop(boot: SeenBoot): void
}

/**
 * Whether a number that was new to the window can be in no table, and will be found in the table if it comes again:
 * asked for every reading. Below the lease it is found as well, for what is told of is never older than the lease.
 */
export const isSure = (boot: SeenBoot, seq: number, ts: number): boolean =>
  seq > boot.floor && seq > boot.forgotten && seq < boot.leaseFrom + LEASE_NUMBERS && ts >= boot.leaseSince

const extendLease = (boot: SeenBoot, seq: number, ts: number): void => {
  const from = seq - (seq % LEASE_NUMBERS)
  if (from < boot.leaseFrom) return
  if (from > boot.leaseFrom || ts < boot.leaseSince) boot.leaseSince = ts
  boot.leaseFrom = from
}

/** Nothing waits. */
export const createUnverified = (): Unverified => {
  // In order of `first`: rows come in order of offsets.
  const boots = new Map<SeenBoot, DeviceId>()

  return {
    add: (boot, { deviceId, seq, ts }, { offset, isNew }) => {
      extendLease(boot, seq, ts)
      const lowest = isNew ? seq : -1
      const { waiting } = boot
      if (waiting === undefined) {
        boot.waiting = { first: offset, last: offset, oldest: ts, lowest }
        boots.set(boot, deviceId)
        return
      }
      waiting.last = offset
      waiting.oldest = Math.min(waiting.oldest, ts)
      waiting.lowest = Math.min(waiting.lowest, lowest)
    },
    resume: (boot, deviceId) => {
      if (boot.waiting === undefined) return
      boot.waiting.first = 0 // records come in any order; told too early does no harm
      boots.set(boot, deviceId)
    },
    below: (offset) => {
      const found: BootClaim[] = []
      for (const [boot, deviceId] of boots) {
        const { waiting, name, leaseFrom, leaseSince } = boot
        if (waiting === undefined || waiting.first >= offset) break
        found.push({ deviceId, boot: name, oldest: waiting.oldest, leaseFrom, leaseSince })
      }
      return found
    },
    checked: (boot, claim, { from, to }) => {
      if (from >= boot.unsureBelow) boot.floor = Math.min(boot.floor, claim.highest)
      const { waiting } = boot
      if (waiting === undefined) return
      // What was noted meanwhile may need less than was feared, or claim more than was written.
      const isWritten =
        claim.oldest <= waiting.oldest &&
        claim.leaseFrom === boot.leaseFrom &&
        claim.leaseSince <= boot.leaseSince
      const isClear = waiting.lowest > boot.floor && waiting.lowest > boot.forgotten
      if (waiting.last < to || (isWritten && isClear)) {
        boot.waiting = undefined
        boots.delete(boot)
      } else {
        waiting.first = Math.max(waiting.first, to)
      }
    },
    drop: (boot) => {
      boot.waiting = undefined
      boots.delete(boot)
    },
  }
}
