/**
 * Stores the readings of dead letters that fit, in a transaction that is open already: a letter whole or not at
 * all, none of its readings twice. What Postgres refuses is found by halving, with savepoints in place of batches.
 */
import type pg from 'pg'
import { createRowEncoder, SENSOR_COLUMNS } from '../core/copy-row.ts'
import { isBridgeError } from '../core/errors.ts'
import { halve } from '../core/halving.ts'
import type { Reading } from '../core/reading.ts'
import { type Candidate, identityOf, nextRound, type Planned } from '../core/replay-round.ts'
import { copyText } from './postgres-copy.ts'
import { writeError } from './postgres-errors.ts'
import { columnsOf } from './replayed-readings.ts'

export interface StoredLetters {
  /** Letters whose readings are all in the table now. */
  readonly moved: readonly Planned[]
  /** Letters that Postgres refused, and what it said. */
  readonly refused: ReadonlyMap<number, string>
}

const COPY = `COPY sensor_data (${SENSOR_COLUMNS.join(', ')}) FROM STDIN`

/**
 * The table of boots says which were ever stored, and since when (migrations/0006_device_boots.sql). From there on
 * the rows of each device are walked through once, by its index, and looked up in a hash. OFFSET 0 and an IN that is
 * no condition keep the planner from turning this round: without statistics a join took 189 s for a device of a
 * million rows.
 */
const KNOWN = `
  WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) AS sent (device_id, boot, seq)
  )
  SELECT device_id AS "deviceId", boot, seq::double precision AS seq
  FROM (
    SELECT device_id AS id, min(oldest) AS oldest
    FROM (SELECT DISTINCT device_id, boot FROM wanted) AS boots JOIN device_boots USING (device_id, boot)
    GROUP BY device_id
  ) AS device
  CROSS JOIN LATERAL (
    SELECT device_id, boot, seq, (device_id, boot, seq) IN (SELECT device_id, boot, seq FROM wanted) AS is_wanted
    FROM sensor_data
    WHERE device_id = device.id AND ts >= device.oldest AND boot IS NOT NULL AND seq IS NOT NULL OFFSET 0
  ) AS stored
  WHERE is_wanted`

/** Which of these readings the table has, as `identityOf` writes them. */
export const knownAmong = async (
  client: pg.ClientBase,
  candidates: readonly Candidate[],
): Promise<Set<string>> => {
  const readings = candidates.flatMap((candidate) => candidate.readings)
  const identified = readings.filter((reading) => identityOf(reading) !== undefined)
  if (identified.length === 0) return new Set()
  const { rows } = await client.query<Reading>(KNOWN, [...columnsOf(identified)])
  return new Set(rows.flatMap((row) => identityOf(row) ?? []))
}

const copy = async (client: pg.ClientBase, letters: readonly Planned[]): Promise<void> => {
  const encoder = createRowEncoder()
  const lines = letters.flatMap(({ fresh }) => fresh.map((reading) => Buffer.from(encoder.reading(reading))))
  if (lines.length === 0) return
  await client.query('SAVEPOINT letters')
  try {
    await copyText(client, COPY, lines)
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT letters')
    throw writeError(error, 'Storing the readings of dead letters')
  }
  await client.query('RELEASE SAVEPOINT letters')
}

/** Stores these letters but for those that Postgres refuses, which are added to `refused`. */
const storeHalves = async (
  client: pg.ClientBase,
  letters: readonly Planned[],
  refused: Map<number, string>,
): Promise<void> => {
  const [first] = letters
  if (first === undefined) return
  try {
    await copy(client, letters)
  } catch (error) {
    if (!isBridgeError(error, 'ROW_REFUSED')) throw error
    if (letters.length === 1) return void refused.set(first.id, error.message)
    for (const { from, to } of halve(0, letters.length)) {
      await storeHalves(client, letters.slice(from, to), refused)
    }
  }
}

/** Stores what can be stored of these letters. Throws STORE_UNAVAILABLE; roll back then. */
export const storeLetters = async (
  client: pg.ClientBase,
  candidates: readonly Candidate[],
): Promise<StoredLetters> => {
  const known = await knownAmong(client, candidates)
  const moved: Planned[] = []
  const refused = new Map<number, string>()
  for (let waiting = candidates; waiting.length > 0; ) {
    const { now, later } = nextRound(waiting, known)
    await storeHalves(client, now, refused)
    for (const letter of now) {
      if (refused.has(letter.id)) continue
      moved.push(letter)
      for (const reading of letter.fresh) known.add(identityOf(reading) ?? '')
    }
    waiting = later
  }
  return { moved, refused }
}
