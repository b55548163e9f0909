import type { DueResult } from './fleet-jobs.ts'

/** An answer later than this is too late: in half a second of such answers a buzzer feels broken. */
export const LATENCY_GOAL_MS = 100
/** Above this the generator was too busy to tell how late the server was. */
const GENERATOR_LAG_LIMIT_MS = 20

export type Verdict =
  | 'held'
  | 'not held'
  /** Too late, but perhaps by the generator's own fault: says nothing about the server. */
  | 'generator too slow'

/**
 * Whether every kind of request was answered in time at the 99th percentile. A busy generator only ever adds to
 * a latency, so what held with it has held.
 */
export const verdictOf = ({ latencyMs, generator, sentLateP99Ms }: DueResult): Verdict => {
  const kinds = Object.values(latencyMs)
  if (kinds.length > 0 && kinds.every(({ p99 }) => p99 < LATENCY_GOAL_MS)) return 'held'
  const slow = generator.lagP99Ms > GENERATOR_LAG_LIMIT_MS || sentLateP99Ms > GENERATOR_LAG_LIMIT_MS
  return slow ? 'generator too slow' : 'not held'
}
