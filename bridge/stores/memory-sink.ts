import { decodeRow } from '../core/copy-row.ts'
import { BridgeError } from '../core/errors.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import type { Batch, HistoryReader, ReadingSink } from '../ports.ts'

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
  readonly cursors: Map<string, number>
  readonly readings: Reading[]
  readonly deadLetters: string[]
  batches: number
  available: boolean
  losesAnswer: boolean
  refused: (reading: Reading) => boolean
}

const storeIn = (state: State, batch: Batch): void => {
  const at = state.cursors.get(batch.spoolId)
  if (at !== undefined && at !== batch.from) {
    throw new BridgeError('CURSOR_MOVED', `the cursor of spool ${batch.spoolId} is not at ${batch.from}`)
  }
  const decoded = linesOf(batch.readings).map(decodeRow)
  const poison = decoded.find((reading) => state.refused(reading))
  if (poison !== undefined) throw new BridgeError('ROW_REFUSED', `a row of ${poison.deviceId} is refused`)
  for (const reading of decoded) state.readings.push(reading)
  for (const line of linesOf(batch.deadLetters)) state.deadLetters.push(line)
  state.cursors.set(batch.spoolId, batch.to)
  state.batches += 1
  if (!state.losesAnswer) return
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
      storeIn(state, batch)
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
