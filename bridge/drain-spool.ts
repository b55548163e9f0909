/** Stores what a spool holds whose own Sluice does not run, and takes nothing in: the node that wrote it is gone. */

import { createBooks } from './bridge-books.ts'
import { BridgeError } from './core/errors.ts'
import type { BridgeEmitter } from './events.ts'
import { createCheckpoints } from './pipeline/checkpoints.ts'
import { createDrain } from './pipeline/drain.ts'
import type { Clock, Publisher, ReadingSink, SpoolStore } from './ports.ts'

export interface DrainSpoolDeps {
  readonly spool: SpoolStore
  readonly sink: ReadingSink
  readonly events: BridgeEmitter
  readonly clock: Clock
  readonly monotonic: () => number
  readonly random: () => number
  /** Is called with what ends the work after the batch under way. */
  readonly onStarted?: (stop: () => void) => void
}

export interface Drained {
  readonly spoolId: string
  /** What this call stored. */
  readonly readings: number
  readonly deadLetters: number
  /** Readings the table had already. */
  readonly known: number
  /** Everything the spool held is stored. */
  readonly isDone: boolean
}

const NOBODY: Publisher = { publish: () => undefined, isHeard: () => false }
/** No deadline: it ends with the last row, or when the sink does not take one. */
const NEVER_MS = 2 ** 31

/**
 * Opens the spool, stores all of it and closes it. Throws SPOOL_LOCKED while a process has it open, and
 * STORE_UNAVAILABLE when the sink did not take it: what it did not take stays in the spool.
 */
export const drainSpool = async (deps: DrainSpoolDeps): Promise<Drained> => {
  const { spool, sink, events, clock, monotonic, random } = deps
  const state = await spool.open()
  try {
    const reach = { end: state.end, rows: state.rows }
    const books = createBooks({
      publisher: NOBODY,
      clock,
      monotonic,
      writer: () => ({ pendingRows: 0, ...reach }),
      hasSink: true,
    })
    const { sequences, ledger } = books
    const sum = { readings: 0, deadLetters: 0, known: 0 }
    let failure: unknown
    events.on('drain:stored', ({ readings, deadLetters }) => {
      sum.readings += readings
      sum.deadLetters += deadLetters
    })
    events.on('readings:deduplicated', ({ count }) => {
      sum.known += count
    })
    ledger.open(state)
    await sequences.restore(spool, state.damage === null ? state.checkpoint : 0)
    const asked: ReadingSink = {
      cursor: sink.cursor,
      store: async (batch) => {
        try {
          return await sink.store(batch)
        } catch (error) {
          failure = error
          throw error
        }
      },
    }
    // Unreachable is better said at once than tried for ever.
    await sink.cursor(state.spoolId)
    const { trimmable } = createCheckpoints({
      spool,
      sequences,
      now: () => ({ offset: reach.end, rows: reach.rows, account: ledger.account() }),
      onTrimmed: () => undefined,
    })
    const drain = createDrain({
      spool: trimmable,
      spoolId: state.spoolId,
      runFrom: state.nextOffset,
      reach: () => reach,
      ...{ sink: asked, ledger, sequences, events, now: clock, monotonic, random },
    })
    let interrupted = false
    deps.onStarted?.(() => {
      interrupted = true
      void drain.stop(0)
    })
    drain.start()
    await drain.stop(NEVER_MS)
    const isDone = drain.position >= reach.end
    if (!isDone && !interrupted) {
      throw new BridgeError('STORE_UNAVAILABLE', 'The spool is not drained: what is left stays in it', {
        cause: failure,
      })
    }
    return { spoolId: state.spoolId, ...sum, isDone }
  } finally {
    await spool.close()
  }
}
