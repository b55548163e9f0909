import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

export const TARGET_NAMES = ['aedes', 'mosquitto', 'sluice'] as const
export type TargetName = (typeof TARGET_NAMES)[number]

export const SCENARIO_NAMES = [
  'qos1',
  'many',
  'steady',
  'qos0',
  'mosquitto',
  'nodes',
  'idle',
  'kept',
  'overload',
  'backlog',
  'rollups',
] as const
export type ScenarioName = (typeof SCENARIO_NAMES)[number]

/** Left out of a quick look. */
const LONG: readonly ScenarioName[] = ['nodes', 'idle', 'kept', 'overload', 'backlog', 'rollups']

export interface Options {
  readonly scenarios: readonly ScenarioName[]
  readonly targets: readonly TargetName[]
  /** Measured rounds; the warm-up round comes on top. */
  readonly rounds: number
  /** Messages in one round of qos1, many, qos0, mosquitto and nodes. */
  readonly messages: number
  /** Length of one steady run, after its warm-up; of an overload; of the calm before a backlog. */
  readonly seconds: number
  /** Idle boards; half as many keep a session in kept. */
  readonly connections: number
  /** Given to Sluice as REDIS_URL; without it Sluice keeps latest values in memory. */
  readonly redisUrl: string | undefined
  /** Where the brokers' temporary folders are made. */
  readonly tempDir: string
  /** The whole run is given up after this. */
  readonly maxMinutes: number
}

export const USAGE = `npm run bench -- [options]
  --scenario names   ${SCENARIO_NAMES.join(',')} (default: all)
  --targets names    ${TARGET_NAMES.join(',')} (default: all)
  --rounds n         measured rounds (default 3; a warm-up round comes on top)
  --messages n       messages in a round of qos1, many, qos0, mosquitto, nodes, rollups; a backlog has 4 times as many (default 300000)
  --seconds n        length of a steady run, an overload, the calm before a backlog (default 20)
  --connections n    idle boards (default 10000)
  --redis url        a Redis for Sluice (default: none; nodes and kept start one)
  --temp-dir path    where temporary folders are made (default: the system's)
  --max-minutes n    give up after this (default 30)
  --quick            1 round, 60000 messages, 5 s, without nodes, idle, kept, overload, backlog, rollups: a look, not a measurement
  --help`

const FLAGS = {
  scenario: { type: 'string' },
  targets: { type: 'string' },
  rounds: { type: 'string' },
  messages: { type: 'string' },
  seconds: { type: 'string' },
  connections: { type: 'string' },
  redis: { type: 'string' },
  'temp-dir': { type: 'string' },
  'max-minutes': { type: 'string' },
  quick: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

const count = (name: string, text: string | undefined, fallback: number): number => {
  if (text === undefined) return fallback
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above 0`)
  return value
}

const names = <T extends string>(
  name: string,
  text: string | undefined,
  known: readonly T[],
): readonly T[] => {
  if (text === undefined) return known
  return text.split(',').map((given) => {
    const found = known.find((one) => one === given)
    if (found === undefined) throw new Error(`--${name} knows ${known.join(', ')}; given was ${given}`)
    return found
  })
}

/** Reads the flags; undefined when help was asked for. Throws an error that names a wrong flag. */
export const parseOptions = (args: readonly string[]): Options | undefined => {
  const { values } = parseArgs({ args: [...args], options: FLAGS })
  if (values.help) return undefined
  const quick = values.quick ?? false
  const scenarios = names('scenario', values.scenario, SCENARIO_NAMES)
  return {
    scenarios:
      quick && values.scenario === undefined ? scenarios.filter((name) => !LONG.includes(name)) : scenarios,
    targets: names('targets', values.targets, TARGET_NAMES),
    rounds: count('rounds', values.rounds, quick ? 1 : 3),
    messages: count('messages', values.messages, quick ? 60_000 : 300_000),
    seconds: count('seconds', values.seconds, quick ? 5 : 20),
    connections: count('connections', values.connections, 10_000),
    redisUrl: values.redis,
    tempDir: values['temp-dir'] ?? tmpdir(),
    maxMinutes: count('max-minutes', values['max-minutes'], 30),
  }
}
