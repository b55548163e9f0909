import { parseArgs } from 'node:util'
import { FAULT_KINDS, type Fault, type FaultKind } from '../fault.ts'

export interface SoakOptions {
  /** No schedule begins after this; null: as many as `schedules` says. */
  readonly minutes: number | null
  /** At most so many; null: as many as fit. */
  readonly schedules: number | null
  /** Of the first schedule; null: chance decides. */
  readonly seed: number | null
  /** Length of every schedule; null: it follows from the seed. */
  readonly lengthMs: number | null
  /** What may happen. */
  readonly faults: readonly Fault[]
  /** What narrowed the faults down, as it was given: part of the command that repeats a schedule. */
  readonly narrowed: string
  /** Only the table at the end, and what failed. */
  readonly quiet: boolean
}

export const USAGE = `npm run soak -- --minutes n [options]
  --minutes n        begin no schedule after n minutes (default: one schedule)
  --schedules n      at most so many
  --seed n           seed of the first schedule, 0 to 4294967295 (default: by chance)
  --seconds n        length of every schedule (default: 15 to 40, by the seed)
  --only kinds       faults of these kinds only: ${FAULT_KINDS.join(',')}
  --fault names      these faults only
  --quiet            only the table at the end, and what failed
  --help`

const FLAGS = {
  minutes: { type: 'string' },
  schedules: { type: 'string' },
  seed: { type: 'string' },
  seconds: { type: 'string' },
  only: { type: 'string' },
  fault: { type: 'string' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

const MAX_SEED = 0xffffffff

const positive = (name: string, text: string | undefined): number | null => {
  if (text === undefined) return null
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} must be a number above 0`)
  return value
}

const seedOf = (text: string | undefined): number | null => {
  if (text === undefined) return null
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > MAX_SEED) {
    throw new Error(`--seed must be a whole number from 0 to ${MAX_SEED}`)
  }
  return value
}

/** The faults with one of the names in `text`; a name that no fault has is an error. */
const having = (
  flag: string,
  text: string | undefined,
  { faults, nameOf }: { readonly faults: readonly Fault[]; nameOf(fault: Fault): string },
): readonly Fault[] => {
  if (text === undefined) return faults
  const names = text.split(',').map((name) => name.trim())
  const known = [...new Set(faults.map(nameOf))]
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`--${flag} knows ${known.join(', ')}; given was ${unknown}`)
  return faults.filter((fault) => names.includes(nameOf(fault)))
}

/** Reads the flags; undefined when help was asked for. Throws an error that names a wrong flag. */
export const parseSoakOptions = (
  args: readonly string[],
  faults: readonly Fault[],
): SoakOptions | undefined => {
  const { values } = parseArgs({ args: [...args], options: FLAGS })
  if (values.help) return undefined
  const minutes = positive('minutes', values.minutes)
  const schedules = positive('schedules', values.schedules)
  const seconds = positive('seconds', values.seconds)
  const ofKind = having('only', values.only, { faults, nameOf: ({ kind }): FaultKind => kind })
  const length = seconds === null ? '' : ` --seconds ${seconds}`
  const only = values.only === undefined ? '' : ` --only ${values.only}`
  const fault = values.fault === undefined ? '' : ` --fault ${values.fault}`
  return {
    minutes,
    schedules: schedules ?? (minutes === null ? 1 : null),
    seed: seedOf(values.seed),
    lengthMs: seconds === null ? null : seconds * 1000,
    faults: having('fault', values.fault, { faults: ofKind, nameOf: ({ name }) => name }),
    narrowed: `${length}${only}${fault}`,
    quiet: values.quiet ?? false,
  }
}
