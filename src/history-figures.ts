/** Counts what becomes of questions about the history and of exports, and tells the log of those that fail. */
import { type BridgeErrorCode, isBridgeError, type RangeReader, type ReadingExport } from '../bridge/index.ts'
import { errorText } from './error-text.ts'
import type { LimitedLog } from './logging.ts'

/** Since the start. */
export interface HistoryCounts {
  readonly answers: Readonly<Record<'done' | 'gone' | 'busy' | 'timeout' | 'unavailable', number>>
  /** `gone`: whoever asked hung up, or was cut off; `failed`: it ended in an error after it had begun. */
  readonly exports: Readonly<Record<'whole' | 'gone' | 'failed' | 'busy' | 'unavailable', number>>
  /** Exports under way. */
  readonly running: number
}

export interface HistoryFigures {
  readonly ranges: RangeReader
  readonly exports: ReadingExport | undefined
  counts(): HistoryCounts
}

const REASONS: { readonly [code in BridgeErrorCode]?: 'busy' | 'timeout' } = {
  BUSY: 'busy',
  TIMEOUT: 'timeout',
}

const reasonOf = (error: unknown): 'busy' | 'timeout' | 'unavailable' =>
  (isBridgeError(error) ? REASONS[error.code] : undefined) ?? 'unavailable'

/** Both, counted. */
export const createHistoryFigures = (
  given: { readonly ranges: RangeReader; readonly exports: ReadingExport | undefined },
  limited: LimitedLog,
): HistoryFigures => {
  const answers = { done: 0, gone: 0, busy: 0, timeout: 0, unavailable: 0 }
  const ended = { whole: 0, gone: 0, failed: 0, busy: 0, unavailable: 0 }
  const warn = (msg: string, why: string, error: unknown): void =>
    limited.write({ key: `${msg}:${why}`, level: 'warn', msg, fields: { why, error: errorText(error) } })

  const read: RangeReader['read'] = async (query, signal) => {
    try {
      const answer = await given.ranges.read(query, signal)
      answers.done += 1
      return answer
    } catch (error) {
      if (signal?.aborted === true) {
        answers.gone += 1
        throw error
      }
      const why = reasonOf(error)
      answers[why] += 1
      warn('a question about the history could not be answered', why, error)
      throw error
    }
  }

  const open = async (
    exports: ReadingExport,
    [query, signal]: Parameters<ReadingExport['open']>,
  ): ReturnType<ReadingExport['open']> => {
    try {
      const stream = await exports.open(query, signal)
      stream.once('close', () => {
        if (stream.readableEnded) ended.whole += 1
        else if (stream.errored === null || signal.aborted) ended.gone += 1
        else {
          ended.failed += 1
          warn('an export ended before its end', 'failed', stream.errored)
        }
      })
      return stream
    } catch (error) {
      if (signal.aborted) {
        ended.gone += 1
        throw error
      }
      const why = isBridgeError(error, 'BUSY') ? 'busy' : 'unavailable'
      ended[why] += 1
      warn('an export could not begin', why, error)
      throw error
    }
  }

  const { exports } = given
  return {
    ranges: { read },
    exports: exports && {
      get running() {
        return exports.running
      },
      open: (...asked) => open(exports, asked),
    },
    counts: () => ({ answers: { ...answers }, exports: { ...ended }, running: exports?.running ?? 0 }),
  }
}
