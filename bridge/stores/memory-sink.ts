import { decodeRow } from '../core/copy-row.ts'
import { BridgeError } from '../core/errors.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import type { BootClaim } from '../core/unverified.ts'
import type { Account, Batch, HistoryReader, ReadingSink, Stored } from '../ports.ts'

/** The sink in memory, with the faults a test wants. */
export interface MemorySink extends ReadingSink, HistoryReader {
  /** Every reading stored, in order. */
  readonly readings: readonly Reading[]
  /** Every dead letter stored, as its COPY text line without the newline. */
  readonly deadLetters: readonly string[]
  /** How many batches were stored. */
  readonly batches: number
  /** Away: every call throws STORE_UNAVAILABLE. */
  setAvailable(available: boolean): void
  /** The next `store` stores its batch and yet throws STORE_UNAVAILABLE, as if the answer was lost. */
  loseNextAnswer(): void
  /** A batch with such a reading throws ROW_REFUSED. */
  refuse(predicate: (reading: Reading) => boolean): void
}

const linesOf = (chunks: readonly Uint8Array[]): readonly string[] =>
  chunks.flatMap((chunk) => {
    const lines = new TextDecoder().decode(chunk).split('\n')
    if (lines.at(-1) === '') lines.pop()
    return lines
  })

const byReceipt = (a: Reading, b: Reading): number =>
  b.receivedAt - a.receivedAt || b.ts - a.ts || (b.seq ?? -1) - (a.seq ?? -1)

const byTime = (a: Reading, b: Reading): number =>
  b.ts - a.ts || b.receivedAt - a.receivedAt || (b.seq ?? -1) - (a.seq ?? -1)

const unavailable = (): BridgeError => new BridgeError('STORE_UNAVAILABLE', 'the store in memory is away')

interface State {
  readonly cursors: Map<string, { readonly offset: number; readonly account: Account }>
  readonly readings: Reading[]
  readonly deadLetters: string[]
  batches: number
  available: boolean
  losesAnswer: boolean
  refused: (reading: Reading) => boolean
}

const accountAfter = (before: Account | undefined, batch: Batch, stored: Stored): Account => {
  const { fromRow, toRow, lost } = batch
  const resent = [...stored.resent.values()].reduce((sum, count) => sum + count, 0)
  const { readings, deadLetters } = stored
  if (before === undefined)
    return { firstRow: fromRow, row: toRow, readings, deadLetters, deduplicated: resent, lost }
  return {
    firstRow: before.firstRow + fromRow - before.row,
    row: toRow,
    readings: before.readings + readings,
    deadLetters: before.deadLetters + deadLetters,
    deduplicated: before.deduplicated + resent,
    lost: before.lost + lost,
  }
}

const identityOf = ({ deviceId, boot, seq }: Reading): string => JSON.stringify([deviceId, boot, seq])

/** The readings of a batch that are not there yet, looking at the boots that are in doubt only. */
const withoutResends = (state: State, batch: Batch, readings: readonly Reading[]) => {
  const doubted = new Set(batch.boots.map(({ deviceId, boot }) => JSON.stringify([deviceId, boot])))
  const known = new Set(doubted.size === 0 ? [] : state.readings.map(identityOf))
  const resent = new Map<DeviceId, number>()
  const fresh = readings.filter((reading) => {
    const { deviceId, boot, seq } = reading
    if (boot === null || seq === null || !doubted.has(JSON.stringify([deviceId, boot]))) return true
    if (!known.has(identityOf(reading))) return true
    resent.set(deviceId, (resent.get(deviceId) ?? 0) + 1)
    return false
  })
  return { fresh, resent }
}

const highestOf = (readings: readonly Reading[], { deviceId, boot }: BootClaim): number =>
  readings
    .filter((reading) => reading.deviceId === deviceId && reading.boot === boot)
    .reduce((highest, { seq }) => Math.max(highest, seq ?? -1), -1)

const storeIn = (state: State, batch: Batch): Stored => {
  const at = state.cursors.get(batch.spoolId)
  if (at !== undefined && at.offset !== batch.from) {
    throw new BridgeError('CURSOR_MOVED', `the cursor of spool ${batch.spoolId} is not at ${batch.from}`)
  }
  const { fresh, resent } = withoutResends(state, batch, linesOf(batch.readings).map(decodeRow))
  const poison = fresh.find((reading) => state.refused(reading))
  if (poison !== undefined) throw new BridgeError('ROW_REFUSED', `a row of ${poison.deviceId} is refused`)
  const letters = linesOf(batch.deadLetters)
  const known = [...state.readings]
  for (const reading of fresh) state.readings.push(reading)
  for (const line of letters) state.deadLetters.push(line)
  const checked = batch.boots.map((boot) => ({ ...boot, highest: highestOf(known, boot) }))
  const stored: Stored = { readings: fresh.length, deadLetters: letters.length, resent, checked }
  const account = accountAfter(at?.account, batch, stored)
  state.cursors.set(batch.spoolId, { offset: batch.to, account })
  state.batches += 1
  if (!state.losesAnswer) return stored
  state.losesAnswer = false
  throw unavailable()
}

const historyOf = (state: State, check: () => void): HistoryReader => {
  const of = (deviceId: DeviceId): Reading[] => state.readings.filter((one) => one.deviceId === deviceId)
  return {
    recent: async (deviceId, limit) => {
      check()
      return of(deviceId).sort(byReceipt).slice(0, limit)
    },
    newest: async (deviceIds) => {
      check()
      return [...new Set(deviceIds)].flatMap((deviceId) => of(deviceId).sort(byTime).slice(0, 1))
    },
  }
}

/** Keeps everything; passes the same contracts as the Postgres sink and history. */
export const createMemorySink = (): MemorySink => {
  const state: State = {
    cursors: new Map(),
    readings: [],
    deadLetters: [],
    batches: 0,
    available: true,
    losesAnswer: false,
    refused: () => false,
  }
  const check = (): void => {
    if (!state.available) throw unavailable()
  }
  return {
    ...historyOf(state, check),
    readings: state.readings,
    deadLetters: state.deadLetters,
    get batches() {
      return state.batches
    },
    cursor: async (spoolId) => {
      check()
      return state.cursors.get(spoolId) ?? null
    },
    store: async (batch) => {
      check()
      return storeIn(state, batch)
    },
    setAvailable: (available) => {
      state.available = available
    },
    loseNextAnswer: () => {
      state.losesAnswer = true
    },
    refuse: (predicate) => {
      state.refused = predicate
    },
  }
}
