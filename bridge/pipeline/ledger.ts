/**
 * The books of the bridge (core/balance.ts). Each figure has a counter of its own: what came in is counted at the
 * intake, what is in flight by the spool writer, what is spooled by the rows' numbers, what is stored by Postgres in the
 * transaction that stores it.
 *
 * The totals are those of the spool's whole life. Rows and what became of them are counted durably, by spool and
 * sink; what was received and never became a row (duplicates, drops) is kept with each checkpoint. A crash forgets
 * the last of these, on both sides of the balance alike.
 */
import { type Balance, checked } from '../core/balance.ts'
import type { DropReason } from '../core/drop-reason.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import type { Account, Batch, SpoolState, Stored } from '../ports.ts'
import type { BalanceService } from '../services.ts'
import type { DeviceLedger } from './device-ledger.ts'

export interface Ledger extends BalanceService {
  /** Takes up the books where the last run left them. Before it nothing is received. */
  open(state: SpoolState): void
  /** Readings, or one message that cannot be read, on their way to the disk. */
  took(deviceId: DeviceId | null, count: number): void
  deduplicated(deviceId: DeviceId, count: number): void
  /** A message that was not decoded: it counts as one. */
  dropped(deviceId: DeviceId | null, reason: DropReason): void
  durable(readings: readonly Reading[]): void
  durableLetter(deviceId: DeviceId | null): void
  /** What the sink says it has; null when it never saw this spool. */
  cursorRead(account: Account | null): void
  /** A batch is stored; `account` is what the sink has now. */
  stored(batch: Batch, stored: Stored, account: Account): void
  /** A batch is stored, as the cursor tells: its answer was lost, and with it which of its rows were resends. */
  storedUnanswered(batch: Batch): void
  /** A row became nothing at all: it is among what the sink counts as lost. */
  lost(reason: DropReason, count: number): void
  /** Without a sink: the rows below this one made room. */
  madeRoom(row: number): void
  /** The books as text, for the next run. */
  account(): string
}

export interface LedgerDeps {
  readonly devices: DeviceLedger
  /** Rows in memory that wait for their fsync, and rows ever made durable. */
  readonly spool: () => { readonly pendingRows: number; readonly rows: number }
  /** Whether there is a sink: without one the spool is a ring. */
  readonly hasSink: boolean
}

type Drops = Partial<Record<DropReason, number>>

/** What is kept with a checkpoint. */
interface Kept {
  readonly firstRow: number
  readonly deduplicated: number
  readonly dropped: Drops
  readonly sink: Account | null
}

/** Drops of messages that never became a row; the others are of rows. */
const UNROWED: readonly DropReason[] = ['spool-full-qos0', 'stopping-qos0']

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' && value !== null && 'firstRow' in value && 'dropped' in value && 'sink' in value

const parseKept = (text: string | null): Kept | undefined => {
  try {
    const value: unknown = text === null ? undefined : JSON.parse(text)
    return isKept(value) ? value : undefined
  } catch {
    return undefined
  }
}

const emptyAccount = (firstRow: number): Account => ({
  firstRow,
  row: firstRow,
  readings: 0,
  deadLetters: 0,
  deduplicated: 0,
  lost: 0,
})

/** Books that nothing was written in yet. */
export const createLedger = ({ devices, spool, hasSink }: LedgerDeps): Ledger => {
  // Since this start, and in all before it.
  let took = 0
  let deduplicated = 0
  let dropped: Drops = {}
  let rowsAtStart = 0
  let runFrom = 0
  let sink = emptyAccount(0)

  const count = (reason: DropReason, more: number): void => {
    dropped[reason] = (dropped[reason] ?? 0) + more
  }

  const unrowed = (): number => UNROWED.reduce((sum, reason) => sum + (dropped[reason] ?? 0), 0)

  /** Of the rows that the sink counts as lost, those that no other reason has are the spool's. */
  const drops = (): Drops => {
    if (!hasSink) return { ...dropped, 'store-off-full': sink.row - sink.firstRow }
    return { ...dropped, 'spool-damaged': sink.lost - (dropped['dead-letter-refused'] ?? 0) }
  }

  const total = (): Balance => {
    const { pendingRows, rows } = spool()
    return {
      received: rowsAtStart - sink.firstRow + took + deduplicated + unrowed(),
      stored: sink.readings,
      spooled: rows - sink.row,
      inFlight: pendingRows,
      deduplicated: deduplicated + sink.deduplicated,
      deadLettered: sink.deadLetters,
      dropped: drops(),
    }
  }

  return {
    open: (state) => {
      const kept = parseKept(state.account)
      rowsAtStart = state.rows
      runFrom = state.nextOffset
      deduplicated = kept?.deduplicated ?? 0
      dropped = { ...kept?.dropped }
      // Without a sink everything up to the oldest row left made room, one time or another.
      if (!hasSink) sink = { ...emptyAccount(kept?.firstRow ?? state.firstRow), row: state.firstRow }
      else sink = kept?.sink ?? emptyAccount(state.firstRow)
    },
    took: (deviceId, more) => {
      took += more
      if (deviceId !== null) devices.took(deviceId, more)
    },
    deduplicated: (deviceId, more) => {
      deduplicated += more
      devices.deduplicated(deviceId, more)
    },
    dropped: (deviceId, reason) => {
      count(reason, 1)
      if (deviceId !== null) devices.dropped(deviceId, reason)
    },
    durable: devices.durable,
    durableLetter: (deviceId) => {
      if (deviceId !== null) devices.durableLetter(deviceId)
    },
    cursorRead: (account) => {
      if (account !== null) sink = account
    },
    stored: (batch, stored, account) => {
      sink = account
      // Rows of an earlier run are in nobody's books of this one.
      if (batch.to > runFrom) devices.stored(batch, stored)
    },
    storedUnanswered: (batch) => {
      if (batch.to > runFrom) devices.stored(batch, { resent: new Map() })
    },
    lost: count,
    madeRoom: (row) => {
      sink = { ...sink, row }
    },
    account: () =>
      JSON.stringify({
        firstRow: sink.firstRow,
        deduplicated,
        dropped,
        sink: hasSink ? sink : null,
      } satisfies Kept),
    total: () => checked(total()),
    devices: devices.devices,
    device: devices.device,
  }
}
