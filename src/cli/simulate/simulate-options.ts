/** The words of `sluice simulate`, read and checked. */
import { UsageError, type Words } from '../command.ts'
import { textOption } from '../option-words.ts'
import type { BoardKind } from './board.ts'

export interface SimulateOptions {
  readonly counts: { readonly [kind in BoardKind]: number }
  /** Readings a second of each board. */
  readonly rate: number
  readonly seed: number
  readonly prefix: string
  /** Undefined: until it is interrupted. */
  readonly forMs: number | undefined
}

const MAX_BOARDS = 10_000
const DEFAULT_BOARDS = 20

const wholeOption = (
  words: Words,
  name: string,
  { fallback, max }: { fallback: number; max: number },
): number => {
  const text = textOption(words, name)
  if (text === undefined) return fallback
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value <= max) return value
  throw new UsageError(`--${name} ${JSON.stringify(text)} must be a whole number up to ${max}`)
}

const rateOption = (words: Words): number => {
  const text = textOption(words, 'rate') ?? '1'
  const value = /^\d{1,4}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
  if (value > 0 && value <= 100) return value
  throw new UsageError(`--rate ${JSON.stringify(text)} must be messages a second of each board: 0.1, 1, 10`)
}

const UNIT_MS: { readonly [unit: string]: number } = { s: 1_000, m: 60_000, h: 3_600_000 }

const forOption = (words: Words): number | undefined => {
  const text = textOption(words, 'for')
  if (text === undefined) return undefined
  const match = /^(\d{1,6})([smh])$/.exec(text)
  const ms = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN)
  if (ms > 0) return ms
  throw new UsageError(`--for ${JSON.stringify(text)} must be how long: 60s 15m 2h`)
}

/** Short enough that prefix, kind and number are a device id together. */
const PREFIX = /^[^\p{Cc}/+#$][^\p{Cc}/+#]{0,59}$/u

export const prefixOption = (words: Words): string => {
  const prefix = textOption(words, 'prefix') ?? 'sim-'
  if (PREFIX.test(prefix)) return prefix
  throw new UsageError('--prefix must be 1 to 60 characters, none of them / + or #, and not begin with $')
}

/** Throws UsageError. */
export const simulateOptionsOf = (words: Words): SimulateOptions => {
  if (words.rest.length > 0) throw new UsageError(`what is ${JSON.stringify(words.rest[0])}? All are options`)
  const of = (name: string, fallback: number): number =>
    wholeOption(words, name, { fallback, max: MAX_BOARDS })
  const counts = {
    sensor: of('boards', DEFAULT_BOARDS),
    camera: of('cameras', 0),
    faulty: of('faulty', 0),
    clockless: of('clockless', 0),
  }
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  if (all === 0) throw new UsageError('no board at all: say how many with --boards')
  if (all > MAX_BOARDS) throw new UsageError(`${all} boards are too many for one simulation: ${MAX_BOARDS}`)
  return {
    counts,
    rate: rateOption(words),
    seed: wholeOption(words, 'seed', { fallback: 1, max: 999_999_999 }),
    prefix: prefixOption(words),
    forMs: forOption(words),
  }
}
