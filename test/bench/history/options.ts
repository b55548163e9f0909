import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

export const HISTORY_SCENARIO_NAMES = ['store', 'http', 'overview'] as const
export type HistoryScenarioName = (typeof HISTORY_SCENARIO_NAMES)[number]

export interface HistoryOptions {
  readonly scenarios: readonly HistoryScenarioName[]
  readonly rows: number
  readonly devices: number
  readonly days: number
  /** Measured runs of each question, after those that warm it up. */
  readonly runs: number
  /** The readings stay where they are, and are used again. */
  readonly keep: boolean
  /** Where the database and Sluice's temporary folders are made. */
  readonly tempDir: string
  /** The whole run is given up after this. */
  readonly maxMinutes: number
}

export const USAGE = `npm run bench:history -- [options]
  --only names       ${HISTORY_SCENARIO_NAMES.join(',')} (default: all)
  --rows n           readings to make (default 10000000: about 4 GB with their minutes and hours)
  --devices n        … of so many devices (default 100)
  --days n           … over so many days (default 30)
  --runs n           measured runs of each question (default 300)
  --keep             leaves the readings there, and uses those of the last run that did
  --temp-dir path    where temporary folders are made (default: the system's)
  --max-minutes n    give up after this (default 60)
  --help`

const FLAGS = {
  only: { type: 'string' },
  rows: { type: 'string' },
  devices: { type: 'string' },
  days: { type: 'string' },
  runs: { type: 'string' },
  keep: { type: 'boolean' },
  'temp-dir': { type: 'string' },
  'max-minutes': { type: 'string' },
  help: { type: 'boolean' },
} as const

const count = (name: string, text: string | undefined, fallback: number): number => {
  const value = text === undefined ? fallback : Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above 0`)
  return value
}

const scenarioNames = (text: string | undefined): readonly HistoryScenarioName[] => {
  if (text === undefined) return HISTORY_SCENARIO_NAMES
  return text.split(',').map((given) => {
    const found = HISTORY_SCENARIO_NAMES.find((name) => name === given)
    if (found === undefined)
      throw new Error(`--only knows ${HISTORY_SCENARIO_NAMES.join(', ')}; given was ${given}`)
    return found
  })
}

/** Reads the flags; undefined when help was asked for. Throws an error that names a wrong flag. */
export const parseHistoryOptions = (args: readonly string[]): HistoryOptions | undefined => {
  const { values } = parseArgs({ args: [...args], options: FLAGS })
  if (values.help) return undefined
  return {
    scenarios: scenarioNames(values.only),
    rows: count('rows', values.rows, 10_000_000),
    devices: count('devices', values.devices, 100),
    days: count('days', values.days, 30),
    runs: count('runs', values.runs, 300),
    keep: values.keep ?? false,
    tempDir: values['temp-dir'] ?? tmpdir(),
    maxMinutes: count('max-minutes', values['max-minutes'], 60),
  }
}
