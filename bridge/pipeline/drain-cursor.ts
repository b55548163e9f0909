/**
 * Where the drain stands in its sink: the offset up to which rows are stored, and the account of what became of them.
 * Both are moved by the sink in the transaction that stores rows; here is what this process knows of them, and after
 * a failure they are read back.
 */
import type { BridgeEmitter } from '../events.ts'
import type { Account, Batch, ReadingSink, Stored } from '../ports.ts'
import type { Ledger } from './ledger.ts'
import type { Sequences } from './sequences.ts'

/** What is stored next: everything from where the cursor is. */
export interface Span {
  readonly to: number
  /** Row numbers (`SpoolEntry.row`) of the first row and of the one after the last. */
  readonly fromRow: number
  readonly toRow: number
  readonly lost: number
  readonly readings: readonly Uint8Array[]
  readonly deadLetters: readonly Uint8Array[]
}

export interface DrainCursorDeps {
  readonly spoolId: string
  readonly sink: ReadingSink
  readonly events: BridgeEmitter
  readonly ledger: Pick<Ledger, 'cursorRead' | 'stored' | 'storedUnanswered'>
  readonly sequences: Pick<Sequences, 'unverified' | 'verified'>
}

export interface DrainCursor {
  /** Every row below it is in the sink, as far as is known: never too high. 0 before it was read. */
  readonly reached: number
  /** What the sink has; undefined when that is not known, or nothing yet. */
  readonly account: Account | undefined
  /** Reads it from the sink unless it is known; resolves with the offset, 0 for a sink that never saw the spool. */
  read(): Promise<number>
  /** It may have moved or not: the next `read` asks the sink. */
  unknown(): void
  /** Stores the span and moves the cursor to its end. Throws as `ReadingSink.store`. */
  store(span: Span): Promise<Stored>
}

const NOTHING = { readings: 0, deadLetters: 0, deduplicated: 0, lost: 0 } as const

/** The account after a batch; rows that were numbered anew in between shift all of it. */
const accountAfter = (before: Account | undefined, batch: Batch, stored: Stored): Account => {
  const shift = before === undefined ? 0 : batch.fromRow - before.row
  const sum = before ?? NOTHING
  let resent = 0
  for (const count of stored.resent.values()) resent += count
  return {
    firstRow: before === undefined ? batch.fromRow : before.firstRow + shift,
    row: batch.toRow,
    readings: sum.readings + stored.readings,
    deadLetters: sum.deadLetters + stored.deadLetters,
    deduplicated: sum.deduplicated + resent,
    lost: sum.lost + batch.lost,
  }
}

/** A cursor that was not read yet. */
export const createDrainCursor = (deps: DrainCursorDeps): DrainCursor => {
  const { spoolId, sink, events, ledger, sequences } = deps
  let position: number | undefined
  let reached = 0
  let account: Account | undefined
  // Sent to the sink, and no answer came.
  let unanswered: Batch | undefined

  return {
    get reached() {
      return reached
    },
    get account() {
      return account
    },
    read: async () => {
      if (position !== undefined) return position
      const cursor = await sink.cursor(spoolId)
      account = cursor?.account ?? undefined
      ledger.cursorRead(account ?? null)
      position = cursor?.offset ?? 0
      if (unanswered !== undefined && unanswered.to === position) ledger.storedUnanswered(unanswered)
      unanswered = undefined
      reached = position
      return position
    },
    unknown: () => {
      position = undefined
    },
    store: async (span) => {
      const boots = sequences.unverified(span.to)
      const batch = { spoolId, from: position ?? 0, boots, ...span }
      unanswered = batch
      const stored = await sink.store(batch)
      unanswered = undefined
      position = span.to
      reached = span.to
      account = accountAfter(account, batch, stored)
      ledger.stored(batch, stored, account)
      if (boots.length > 0) sequences.verified(stored.checked, batch)
      let resent = 0
      for (const count of stored.resent.values()) resent += count
      if (resent > 0) events.emit('readings:deduplicated', { count: resent })
      return stored
    },
  }
}
