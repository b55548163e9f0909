import type { Random } from './random.ts'
import type { World } from './world.ts'

/** One thing that goes wrong in a world of this kind. */
export interface Fault<W = World> {
  /** As it is printed: `postgres-stop-1s`, `kill-at-before-commit`. */
  readonly name: string
  /** The group it is counted in: `kill`, `fail-point`, … */
  readonly kind: FaultKind
  /** Rough length in milliseconds, for schedules of a given length. */
  readonly lastsMs: number
  /** Acked readings may be missing afterwards, if Sluice says so: the files that held them were damaged. */
  readonly mayLose: boolean
  /**
   * Does it and heals it: when this resolves, everything runs again. Throws when the world does not come back.
   * One that may lose readings says when those were acked that it puts at stake.
   */
  run(world: W, random: Random, stake: Stake): Promise<void>
}

/** From when on, and until when, readings were acked that are only in files which are damaged then. */
export interface Stake {
  begins(): void
  ends(): void
}

export const FAULT_KINDS = [
  'kill',
  'fail-point',
  'stop',
  'postgres',
  'link',
  'redis',
  'disk',
  'spool',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]
