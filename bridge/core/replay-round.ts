/**
 * Which of the letters that fit may be stored together. A letter may hold readings that another one holds too (a
 * board's resend of what was refused is another dead letter). Whether the first of them is stored is not known
 * before Postgres has taken it, so the second waits for the next round.
 */
import type { Reading } from './reading.ts'

/** A letter with its readings, not stored yet. */
export interface Candidate {
  readonly id: number
  readonly readings: readonly Reading[]
}

export interface Planned {
  readonly id: number
  /** To be stored. */
  readonly fresh: readonly Reading[]
  /** How many are not, since they are in the table already, or twice in the letter. */
  readonly known: number
}

export interface Round {
  readonly now: readonly Planned[]
  readonly later: readonly Candidate[]
}

/** What makes a reading recognisable, as one text; undefined without boot and seq. No device id holds a slash. */
export const identityOf = ({ deviceId, boot, seq }: Reading): string | undefined =>
  boot === null || seq === null ? undefined : `${seq}/${deviceId}/${boot}`

const identitiesOf = (readings: readonly Reading[]): readonly string[] =>
  readings.flatMap((reading) => identityOf(reading) ?? [])

/** Leaves out what is known, and the second of two alike. */
const planned = ({ id, readings }: Candidate, known: ReadonlySet<string>): Planned => {
  const own = new Set<string>()
  const fresh = readings.filter((reading) => {
    const identity = identityOf(reading)
    if (identity === undefined) return true
    if (known.has(identity) || own.has(identity)) return false
    own.add(identity)
    return true
  })
  return { id, fresh, known: readings.length - fresh.length }
}

/** The letters to store now, oldest first; the first one is always among them. `known`: what is in the table. */
export const nextRound = (candidates: readonly Candidate[], known: ReadonlySet<string>): Round => {
  const now: Planned[] = []
  const later: Candidate[] = []
  const claimed = new Set<string>()
  for (const candidate of candidates) {
    const plan = planned(candidate, known)
    const identities = identitiesOf(plan.fresh)
    if (identities.some((identity) => claimed.has(identity))) later.push(candidate)
    else now.push(plan)
    // Also those of one that waits: the third of three alike must not pass the second.
    for (const identity of identities) claimed.add(identity)
  }
  return { now, later }
}
