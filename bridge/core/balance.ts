/**
 * The balance sheet: whatever was received is in exactly one of the other places. Each figure is counted where
 * it happens (at the intake, by the spool, by Postgres), not derived from the others: a remainder is a loss that
 * nobody has told of, or a row that nobody has sent.
 *
 * Counted are readings, an array as many; a message that could not be decoded, or was dropped before it was,
 * counts as one.
 */
import type { DeviceClock } from './device-clock.ts'
import type { DropReason } from './drop-reason.ts'
import type { DeviceId } from './reading.ts'
import type { SequenceState } from './sequence-state.ts'

export interface Balance {
  /** Taken in, or dropped. What was refused is not received: its sender keeps it. */
  readonly received: number
  /** Rows in `sensor_data`. */
  readonly stored: number
  /** Durable, and on their way to Postgres. */
  readonly spooled: number
  /** In memory, waiting for their fsync. */
  readonly inFlight: number
  /** Known already by device, boot and seq. */
  readonly deduplicated: number
  /** Rows in `dead_letters`. */
  readonly deadLettered: number
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
}

/** A balance with what is left over: 0, or something is wrong. */
export interface CheckedBalance extends Balance {
  readonly remainder: number
}

/** What one device's share is, since this start. */
export interface DeviceBalance extends CheckedBalance {
  readonly deviceId: DeviceId
  /** Of the boot heard of last; null for a device that sends no boot and seq. */
  readonly sequence: SequenceState | null
  /** Null for a device that says no time and no `up` with `boot`. */
  readonly clock: DeviceClock | null
}

/** Received, less everything it became. */
export const remainderOf = (balance: Balance): number => {
  const dropped = Object.values(balance.dropped).reduce((sum, count) => sum + count, 0)
  const { stored, spooled, inFlight, deduplicated, deadLettered } = balance
  return balance.received - stored - spooled - inFlight - deduplicated - deadLettered - dropped
}

/** The balance with its remainder. */
export const checked = (balance: Balance): CheckedBalance => ({ ...balance, remainder: remainderOf(balance) })
