/**
 * Dead letters decoded again by the rules of today, page by page, oldest first. A page is one transaction: rows are
 * stored and their letters deleted, or neither.
 *
 * Two replays at once pass each other by (SKIP LOCKED). Ingest is held off only between the look for readings that
 * the table has already and the commit: a sink moves its cursor first, and the lock of all cursors makes it wait.
 * Acks do not wait for it, the spool takes what comes meanwhile.
 */
import type pg from 'pg'
import { claimsOf } from '../core/replay-claims.ts'
import { type Letter, readAgain } from '../core/replay-letter.ts'
import { type Candidate, identityOf, nextRound, type Planned } from '../core/replay-round.ts'
import { FILTER, filterValues, type LetterFilter } from './letter-filter.ts'
import { writeError } from './postgres-errors.ts'
import { KEEP_PARTITIONS, type Partitions } from './postgres-partitions.ts'
import { claimBoots } from './postgres-resends.ts'
import { knownAmong, storeLetters } from './replay-storing.ts'
import { forgetReplayed, noteReplayed } from './replayed-readings.ts'
import { appendMarks, hoursOf } from './rollup-marks.ts'

export interface ReplayOptions {
  readonly partitions: Pick<Partitions, 'ensureFor'>
  /** Only tell what would become of them. Postgres is not asked whether it takes the rows. */
  readonly dryRun?: boolean | undefined
}

/** What became of one letter. */
export type ReplayOutcome = {
  readonly id: number
  readonly deviceId: string | null
  readonly topic: string
} & (
  | {
      /** Its readings are rows, and it is a dead letter no more. */
      readonly outcome: 'moved'
      /** Stored now. */
      readonly readings: number
      /** In the table already, by device, boot and seq. */
      readonly known: number
    }
  | { readonly outcome: 'refused'; readonly reason: string; readonly detail: string }
  | { readonly outcome: 'not-a-reading' }
)

interface StoredLetter extends Letter {
  readonly id: number
}

interface Judged {
  readonly candidates: readonly Candidate[]
  /** Of the letters that do not fit. */
  readonly outcomes: readonly ReplayOutcome[]
  /** The last letter that was looked at. */
  readonly last: number
}

const MAX_LETTERS = 1_000
/** Of the payloads in one page; a first letter beyond it is a page of its own. */
const MAX_BYTES = 8 * 1024 * 1024
/** A page ends with the letter that brings it to so many. */
const MAX_READINGS = 20_000

const LETTERS = (lock: string): string => `
  WITH page AS MATERIALIZED (
    SELECT id, octet_length(payload) AS bytes FROM dead_letters
    WHERE ${FILTER} AND id > $6 AND id <= $7 ORDER BY id LIMIT ${MAX_LETTERS} ${lock}
  ), sized AS (
    SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM page
  )
  SELECT id::double precision AS id,
    floor(extract(epoch FROM received_at) * 1000)::double precision AS "receivedAt",
    topic, device_id AS "deviceId", reason, detail, payload
  FROM sized JOIN dead_letters USING (id) WHERE before < ${MAX_BYTES} ORDER BY id`
const LOCKED = LETTERS('FOR UPDATE SKIP LOCKED')
const LOOKED_AT = LETTERS('')

const LOCK_SINKS = 'LOCK TABLE ingest_cursor IN SHARE ROW EXCLUSIVE MODE'
const DELETE = 'DELETE FROM dead_letters WHERE id = ANY ($1::bigint[])'

const judge = (letters: readonly StoredLetter[]): Judged => {
  const candidates: Candidate[] = []
  const outcomes: ReplayOutcome[] = []
  let readings = 0
  let last = 0
  for (const letter of letters) {
    const { id, deviceId, topic } = letter
    const verdict = readAgain(letter)
    if (verdict.verdict === 'fits') {
      candidates.push({ id, readings: verdict.readings })
      readings += verdict.readings.length
    } else if (verdict.verdict === 'refused') {
      outcomes.push({ id, deviceId, topic, outcome: 'refused', ...verdict.rejection })
    } else outcomes.push({ id, deviceId, topic, outcome: 'not-a-reading' })
    last = id
    if (readings >= MAX_READINGS) break
  }
  return { candidates, outcomes, last }
}

const timesOf = (candidates: readonly Candidate[]): ReadonlySet<number> =>
  new Set(candidates.flatMap(({ readings }) => readings.map(({ ts }) => ts)))

/** The outcomes of what fits, beside those of what does not, in the order of the letters. */
const outcomesOf = (
  letters: readonly StoredLetter[],
  judged: Judged,
  { moved, refused }: { readonly moved: readonly Planned[]; readonly refused: ReadonlyMap<number, string> },
): readonly ReplayOutcome[] => {
  const origins = new Map(letters.map(({ id, deviceId, topic }) => [id, { id, deviceId, topic }]))
  const originOf = (id: number) => origins.get(id) ?? { id, deviceId: null, topic: '' }
  const all: ReplayOutcome[] = [...judged.outcomes]
  for (const { id, fresh, known } of moved) {
    all.push({ ...originOf(id), outcome: 'moved', readings: fresh.length, known })
  }
  for (const [id, detail] of refused) {
    all.push({ ...originOf(id), outcome: 'refused', reason: 'refused-by-postgres', detail })
  }
  return all.sort((a, b) => a.id - b.id)
}

/** What would be moved if Postgres took all of it. */
const plan = async (client: pg.ClientBase, candidates: readonly Candidate[]): Promise<readonly Planned[]> => {
  const known = await knownAmong(client, candidates)
  const moved: Planned[] = []
  for (let waiting = candidates; waiting.length > 0; ) {
    const { now, later } = nextRound(waiting, known)
    moved.push(...now)
    for (const { fresh } of now) for (const reading of fresh) known.add(identityOf(reading) ?? '')
    waiting = later
  }
  return moved
}

const move = async (client: pg.ClientBase, candidates: readonly Candidate[]) => {
  const isKnowable = candidates.some(({ readings }) => readings.some((reading) => identityOf(reading)))
  if (isKnowable) await client.query(LOCK_SINKS)
  const stored = await storeLetters(client, candidates)
  const identified = stored.moved.flatMap(({ fresh }) => fresh.filter((reading) => identityOf(reading)))
  await claimBoots(client, claimsOf(identified))
  await noteReplayed(client, identified)
  await appendMarks(client, hoursOf(stored.moved.flatMap(({ fresh }) => fresh)))
  await client.query(DELETE, [stored.moved.map(({ id }) => id)])
  return stored
}

/** Runs `work` in a transaction on a connection of the pool; one that cannot be rolled back is closed. */
const inTransaction = async <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect()
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = '30s'`)
    const result = await work(client)
    await client.query('COMMIT')
    client.release()
    return result
  } catch (error) {
    const rolledBack = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    )
    client.release(!rolledBack)
    throw error
  }
}

export interface ReplayDeps {
  readonly pool: pg.Pool
  /** The id of the newest dead letter. */
  readonly newest: () => Promise<number>
}

/**
 * A replay of the letters there are now; each page is given when it is committed. Throws STORE_UNAVAILABLE: the
 * pages before stay, and to replay once more stores nothing twice.
 */
export const createReplay = ({ pool, newest }: ReplayDeps) =>
  async function* replay(
    filter: LetterFilter,
    { partitions, dryRun = false }: ReplayOptions,
  ): AsyncGenerator<readonly ReplayOutcome[]> {
    const page = async (after: number, upTo: number) =>
      inTransaction(pool, async (client) => {
        const values = [...filterValues(filter), after, upTo]
        const { rows: letters } = await client.query<StoredLetter>(dryRun ? LOOKED_AT : LOCKED, values)
        const judged = judge(letters)
        const { candidates, last } = judged
        if (dryRun) {
          const moved = await plan(client, candidates)
          return { last, outcomes: outcomesOf(letters, judged, { moved, refused: new Map() }) }
        }
        if (after === 0) await forgetReplayed(client)
        if (candidates.length === 0) return { last, outcomes: judged.outcomes }
        // On a connection of its own: a month is made whether or not this page is committed, and is not taken away before.
        await client.query(KEEP_PARTITIONS)
        await partitions.ensureFor(timesOf(candidates))
        return { last, outcomes: outcomesOf(letters, judged, await move(client, candidates)) }
      })
    try {
      const upTo = await newest()
      for (let after = 0; after < upTo; ) {
        const { last, outcomes } = await page(after, upTo)
        if (last === 0) return
        yield outcomes
        after = last
      }
    } catch (error) {
      throw writeError(error, 'Replaying dead letters')
    }
  }
