import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

export const FLEET_SCENARIO_NAMES = ['boards', 'cameras', 'viewers'] as const
export type FleetScenarioName = (typeof FLEET_SCENARIO_NAMES)[number]

export interface FleetOptions {
  readonly scenarios: readonly FleetScenarioName[]
  /** Numbers of boards to measure as they are; undefined: the greatest that holds is looked for. */
  readonly boards: readonly number[] | undefined
  /** Measured length of each run, after its warm-up. */
  readonly seconds: number
  readonly warmupSeconds: number
  readonly viewers: number
  /** Where Sluice's temporary folders are made. */
  readonly tempDir: string
  /** A folder for Sluice's processor profiles; undefined: none is taken. */
  readonly profileDir: string | undefined
  /** The search looks only roughly. */
  readonly quick: boolean
  /** The whole run is given up after this. */
  readonly maxMinutes: number
}

export const USAGE = `npm run bench:fleet -- [options]
  --only names       ${FLEET_SCENARIO_NAMES.join(',')} (default: all)
  --boards n,…       measure these numbers of boards (default: look for the greatest that holds)
  --seconds n        measured length of each run (default 8)
  --warmup n         seconds before it that are not measured (default 3)
  --viewers n        WebSocket viewers (default 1000)
  --temp-dir path    where temporary folders are made (default: the system's)
  --profile path     a folder for processor profiles of Sluice (default: none)
  --max-minutes n    give up after this (default 4)
  --quick            4 s a run, and a rough search: a look, not a measurement
  --help`

const FLAGS = {
  only: { type: 'string' },
  boards: { type: 'string' },
  seconds: { type: 'string' },
  warmup: { type: 'string' },
  viewers: { type: 'string' },
  'temp-dir': { type: 'string' },
  profile: { type: 'string' },
  'max-minutes': { type: 'string' },
  quick: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

const count = (name: string, text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above 0`)
  return value
}

const countOr = (name: string, text: string | undefined, fallback: number): number =>
  text === undefined ? fallback : count(name, text)

const scenarioNames = (text: string | undefined): readonly FleetScenarioName[] => {
  if (text === undefined) return FLEET_SCENARIO_NAMES
  return text.split(',').map((given) => {
    const found = FLEET_SCENARIO_NAMES.find((name) => name === given)
    if (found === undefined)
      throw new Error(`--only knows ${FLEET_SCENARIO_NAMES.join(', ')}; given was ${given}`)
    return found
  })
}

/** Reads the flags; undefined when help was asked for. Throws an error that names a wrong flag. */
export const parseFleetOptions = (args: readonly string[]): FleetOptions | undefined => {
  const { values } = parseArgs({ args: [...args], options: FLAGS })
  if (values.help) return undefined
  const quick = values.quick ?? false
  return {
    scenarios: scenarioNames(values.only),
    boards: values.boards?.split(',').map((text) => count('boards', text)),
    seconds: countOr('seconds', values.seconds, quick ? 4 : 8),
    warmupSeconds: countOr('warmup', values.warmup, quick ? 2 : 3),
    viewers: countOr('viewers', values.viewers, 1000),
    tempDir: values['temp-dir'] ?? tmpdir(),
    profileDir: values.profile,
    quick,
    maxMinutes: countOr('max-minutes', values['max-minutes'], 4),
  }
}
