import { parseArgs } from 'node:util'
import type { ClusterFault } from './faults.ts'

export interface ClusterSoakOptions {
  readonly rounds: number
  /** Of the first round; null: chance decides. */
  readonly seed: number | null
  /** Length of the faults of a round. */
  readonly lengthMs: number
  readonly faults: readonly ClusterFault[]
  /** What narrowed a round down, as it was given: part of the command that repeats it. */
  readonly narrowed: string
}

const SECONDS = 60
const MAX_SEED = 0xffffffff

/** What `--help` prints. */
export const usageOf = (faults: readonly ClusterFault[]): string => `npm run soak:cluster -- [options]
  --rounds n         so many rounds, each in a cluster of its own (default: 1)
  --seed n           seed of the first round, 0 to ${MAX_SEED} (default: by chance)
  --seconds n        length of the faults of a round (default: ${SECONDS})
  --fault names      these faults only: ${faults.map(({ name }) => name).join(', ')}
  --help`

const FLAGS = {
  rounds: { type: 'string' },
  seed: { type: 'string' },
  seconds: { type: 'string' },
  fault: { type: 'string' },
  help: { type: 'boolean' },
} as const

const whole = (name: string, text: string, least: number): number => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > MAX_SEED)
    throw new Error(`--${name} must be a whole number from ${least} to ${MAX_SEED}`)
  return value
}

const chosen = (text: string, faults: readonly ClusterFault[]): readonly ClusterFault[] => {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !faults.some((fault) => fault.name === name))
  if (unknown !== undefined) throw new Error(`--fault knows no ${unknown}: --help lists them`)
  return faults.filter(({ name }) => names.includes(name))
}

/** Reads the flags; undefined when help was asked for. Throws an error that names a wrong flag. */
export const parseClusterSoakOptions = (
  args: readonly string[],
  faults: readonly ClusterFault[],
): ClusterSoakOptions | undefined => {
  const { values } = parseArgs({ args: [...args], options: FLAGS })
  const { rounds = '1', seed, seconds, fault, help } = values
  if (help) return undefined
  const length = seconds === undefined ? '' : ` --seconds ${seconds}`
  return {
    rounds: whole('rounds', rounds, 1),
    seed: seed === undefined ? null : whole('seed', seed, 0),
    lengthMs: whole('seconds', seconds ?? `${SECONDS}`, 1) * 1_000,
    faults: fault === undefined ? faults : chosen(fault, faults),
    narrowed: fault === undefined ? length : `${length} --fault ${fault}`,
  }
}
