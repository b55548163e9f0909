/**
 * The log: JSON lines on standard output, one event a line. Secrets are hidden twice: fields by their name
 * before a line is made, passwords inside URLs in the finished line, whatever field or error text holds them.
 */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'
import type { Config } from './config.ts'
import { MASK, redactUrl } from './redact.ts'

export type Log = Logger

const SECRET_FIELDS = [
  'password',
  'apiKey',
  'key',
  'secret',
  'token',
  'authorization',
  '["x-api-key"]',
] as const

// A wildcard stands for one level; three levels are `{ err: { options: { password } } }`, the deepest seen.
const REDACTED_PATHS = SECRET_FIELDS.flatMap((field) => {
  const suffix = field.startsWith('[') ? field : `.${field}`
  return [field, `*${suffix}`, `*.*${suffix}`]
})

/**
 * A logger for the whole program.
 *
 * @param options.level - lines below it are not written
 * @param destination - where lines go; standard output when absent
 */
export const createLog = (
  options: { readonly level: Config['logLevel'] },
  destination?: DestinationStream,
): Log =>
  pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS, censor: MASK },
      hooks: { streamWrite: redactUrl },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  )

/** What is known of one key: when its last line was written, and how many were held back since. */
export interface LineState {
  readonly writtenAt: number
  readonly suppressed: number
}

export type LineDecision =
  | { readonly write: true; readonly suppressed: number; readonly state: LineState }
  | { readonly write: false; readonly state: LineState }

/**
 * Whether a line is due: the first of its key is, later ones when `perMs` have passed since the last one
 * written. `suppressed` is how many were held back in between. A clock set back does not silence a key.
 */
export const decideLine = (state: LineState | undefined, now: number, perMs: number): LineDecision => {
  const age = state === undefined ? perMs : now - state.writtenAt
  if (state !== undefined && age >= 0 && age < perMs)
    return { write: false, state: { writtenAt: state.writtenAt, suppressed: state.suppressed + 1 } }
  return { write: true, suppressed: state?.suppressed ?? 0, state: { writtenAt: now, suppressed: 0 } }
}

export interface LimitedLine {
  /** Lines of one key share one allowance, e.g. `drain:failed` or `rejected:bad-json`. */
  readonly key: string
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  readonly msg: string
  readonly fields?: Readonly<Record<string, unknown>>
}

export interface LimitedLog {
  /** Writes the line, or counts it as held back; the next line of its key says how many were (`suppressed`). */
  write(line: LimitedLine): void
  /** Writes one line for each key that still holds lines back. For the end of the program. */
  flush(): void
}

interface KnownKey {
  readonly line: LimitedLine
  readonly state: LineState
}

/** Keys in memory at once; of more than these the one unused for longest is forgotten, its count written first. */
const MAX_KEYS = 1000

/** At most one line per key in `perMs`, so that a storm of one kind of event cannot fill the disk. */
export const limitRate = (
  log: Pick<Log, LimitedLine['level']>,
  options: { readonly perMs: number; readonly clock: () => number },
): LimitedLog => {
  const known = new Map<string, KnownKey>()

  const put = ({ level, msg, fields }: LimitedLine, suppressed: number): void =>
    log[level](suppressed === 0 ? { ...fields } : { ...fields, suppressed }, msg)

  const settle = ({ line, state }: KnownKey): void => {
    if (state.suppressed > 0) put(line, state.suppressed)
  }

  const forgetOldest = (): void => {
    const [oldest] = known
    if (oldest === undefined) return
    known.delete(oldest[0])
    settle(oldest[1])
  }

  return {
    write(line) {
      const decision = decideLine(known.get(line.key)?.state, options.clock(), options.perMs)
      known.delete(line.key)
      known.set(line.key, { line, state: decision.state })
      if (known.size > MAX_KEYS) forgetOldest()
      if (decision.write) put(line, decision.suppressed)
    },
    flush() {
      for (const entry of known.values()) settle(entry)
      known.clear()
    },
  }
}
