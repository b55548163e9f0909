import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

export const PAGE_SCENARIO_NAMES = ['frames', 'screenshots'] as const
export type PageScenarioName = (typeof PAGE_SCENARIO_NAMES)[number]

export interface PageOptions {
  /** `screenshots` when a folder for them was given. */
  readonly scenarios: readonly PageScenarioName[]
  readonly boards: number
  /** Readings a second of each board. */
  readonly rate: number
  /** Measured length of each view. */
  readonly seconds: number
  /** Where pictures of each view are put; undefined: none are made. */
  readonly screenshots: string | undefined
  /** Where Sluice's temporary folders are made. */
  readonly tempDir: string
  /** The whole run is given up after this. */
  readonly maxMinutes: number
}

export const USAGE = `npm run bench:page -- [options]
  --boards n           boards that send (default 1000)
  --rate n             readings a second of each (default 1)
  --seconds n          measured length of each view (default 15)
  --screenshots path   makes pictures of each view instead: light, dark, on a phone
  --temp-dir path      where temporary folders are made (default: the system's)
  --max-minutes n      give up after this (default 6)
  --help`

const FLAGS = {
  boards: { type: 'string' },
  rate: { type: 'string' },
  seconds: { type: 'string' },
  screenshots: { type: 'string' },
  'temp-dir': { type: 'string' },
  'max-minutes': { type: 'string' },
  help: { type: 'boolean' },
} as const

const count = (name: string, text: string | undefined, fallback: number): number => {
  if (text === undefined) return fallback
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above 0`)
  return value
}

/** Reads the flags; undefined when help was asked for. Throws an error that names a wrong flag. */
export const parsePageOptions = (args: readonly string[]): PageOptions | undefined => {
  const { values } = parseArgs({ args: [...args], options: FLAGS })
  if (values.help) return undefined
  return {
    scenarios: values.screenshots === undefined ? ['frames'] : ['screenshots'],
    boards: count('boards', values.boards, 1_000),
    rate: count('rate', values.rate, 1),
    seconds: count('seconds', values.seconds, 15),
    screenshots: values.screenshots,
    tempDir: values['temp-dir'] ?? tmpdir(),
    maxMinutes: count('max-minutes', values['max-minutes'], 6),
  }
}
