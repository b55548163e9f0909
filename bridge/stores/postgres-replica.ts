/** Whether a read replica answers or the primary does; what holds for it is said in postgres-replica-history.ts. */
import type pg from 'pg'
import { isBridgeError } from '../core/errors.ts'
import { type RetryPolicy, retryDelay } from '../core/retry.ts'
import type { Clock } from '../ports.ts'

/** How far this process knows a spool to be stored. */
export interface StoredTo {
  readonly spoolId: string
  readonly offset: number
}

/** Why the primary answered. `unknown`: it was not known yet how far the spool is stored. */
export type ReplicaFallback = 'lagging' | 'unavailable' | 'unknown'

export interface ReplicaChoiceDeps {
  readonly storedTo: () => StoredTo | undefined
  readonly clock: Clock
  readonly random: () => number
  /** Told for every read that the primary answered although a replica is there. */
  readonly onFallback: (why: ReplicaFallback, error?: unknown) => void
}

export interface ReplicaChoice {
  /**
   * What `attempt` finds on the replica; undefined: ask the primary. The attempt gives undefined when the replica is not as
   * far as needed. An error that the primary would give as well (TIMEOUT, BUSY, STOPPING) is thrown on.
   */
  choose<T>(attempt: (needed: StoredTo) => Promise<T | undefined>): Promise<T | undefined>
  /** Reads since the start, by who answered and why. */
  reads(): Readonly<Record<'replica' | ReplicaFallback, number>>
}

/** Every reader would wait for the attempt to connect: seldom. */
const AWAY: RetryPolicy = { minDelayMs: 500, maxDelayMs: 10_000 }

const READ_CURSOR = 'SELECT "offset"::double precision AS "offset" FROM ingest_cursor WHERE spool_id = $1'

/** Whether a server has the spool as far as that. */
export const hasStored = async (client: pg.ClientBase, { spoolId, offset }: StoredTo): Promise<boolean> => {
  const { rows } = await client.query<{ offset: number }>({
    name: 'replica-cursor',
    text: READ_CURSOR,
    values: [spoolId],
  })
  return (rows[0]?.offset ?? 0) >= offset
}

const isOfTheReader = (error: unknown): boolean =>
  isBridgeError(error, 'TIMEOUT') || isBridgeError(error, 'BUSY') || isBridgeError(error, 'STOPPING')

export const createReplicaChoice = (deps: ReplicaChoiceDeps): ReplicaChoice => {
  const { storedTo, clock, random, onFallback } = deps
  const reads = { replica: 0, lagging: 0, unavailable: 0, unknown: 0 }
  let failures = 0
  let awayUntil = 0

  const fallBack = (why: ReplicaFallback, error?: unknown): undefined => {
    reads[why] += 1
    onFallback(why, error)
  }

  const isAway = (): boolean => {
    const left = awayUntil - clock()
    // More than any delay: the clock was set back.
    return failures > 0 && left > 0 && left <= AWAY.maxDelayMs
  }

  return {
    reads: () => ({ ...reads }),
    choose: async (attempt) => {
      const needed = storedTo()
      if (needed === undefined) return fallBack('unknown')
      if (isAway()) return fallBack('unavailable')
      try {
        const found = await attempt(needed)
        failures = 0
        if (found === undefined) return fallBack('lagging')
        reads.replica += 1
        return found
      } catch (error) {
        if (isOfTheReader(error)) throw error
        failures += 1
        awayUntil = clock() + retryDelay(failures, AWAY, random)
        return fallBack('unavailable', error)
      }
    },
  }
}
