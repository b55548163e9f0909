/**
 * When to try again, and what a refusal of Postgres means. One table of delays for every part that retries;
 * an outage is waited out for as long as it lasts, so there is no greatest number of attempts.
 */
export interface RetryPolicy {
  readonly minDelayMs: number
  readonly maxDelayMs: number
}

export const RETRY_POLICIES = {
  /** The drain and the device writer: what waits is safe on disk. */
  postgres: { minDelayMs: 100, maxDelayMs: 5_000 },
  /** Latest values: memory answers meanwhile. */
  redis: { minDelayMs: 100, maxDelayMs: 5_000 },
  /** Acks are held meanwhile, and boards give up after seconds. */
  spool: { minDelayMs: 50, maxDelayMs: 2_000 },
} as const satisfies { readonly [part: string]: RetryPolicy }

/**
 * Milliseconds to wait before the attempt that follows `attempt` failed ones (1 or more): spread evenly between
 * the least delay and a bound that doubles with each failure, so that those who failed together do not come
 * back together. `random` gives a number from 0 up to, but not including, 1.
 */
export const retryDelay = (attempt: number, policy: RetryPolicy, random: () => number): number => {
  const { minDelayMs, maxDelayMs } = policy
  const bound = Math.min(maxDelayMs, minDelayMs * 2 ** Math.max(1, attempt))
  return Math.floor(minDelayMs + random() * (bound - minDelayMs))
}

/**
 * What an error of Postgres says about the batch it was given.
 *
 * - refused: the rows themselves are at fault, a retry cannot help; halving finds the row.
 * - unavailable: anything else. Worth a retry; the rows stay in the spool.
 *
 * Refused are data exceptions (class 22), integrity violations (23), rows that hit a limit of the program (54,
 * such as 54001, JSON nested deeper than the server's stack) and values whose type does not fit (42804, 42846).
 * Everything else is unavailable, on purpose also what an operator has to mend: a missing table or schema
 * (42P01, 3F000), a missing column, a missing right, a read-only server. There the rows are innocent, and to
 * wait destroys nothing, while to call them refused would send them all to the dead letters.
 *
 * @param sqlstate five characters; undefined or an errno (`ECONNREFUSED`) when Postgres did not answer at all
 */
export const classifyPostgresError = (sqlstate: string | undefined): 'refused' | 'unavailable' => {
  if (sqlstate?.length !== 5) return 'unavailable'
  if (sqlstate === '42804' || sqlstate === '42846') return 'refused'
  return REFUSED_CLASSES.has(sqlstate.slice(0, 2)) ? 'refused' : 'unavailable'
}

const REFUSED_CLASSES: ReadonlySet<string> = new Set(['22', '23', '54'])
