/**
 * The sink: batches of COPY text into Postgres, each in one transaction with the move of its spool's
 * cursor. The cursor moves first, guarded by where it was: its row lock makes a second writer of the
 * same spool (or a session of ours that died with its COMMIT on the way) finish before us, and then the
 * guard no longer holds. So a batch whose fate was unknown is never stored twice.
 */
import type pg from 'pg'
import { DEAD_LETTER_COLUMNS, SENSOR_COLUMNS } from '../core/copy-row.ts'
import { BridgeError } from '../core/errors.ts'
import type { Account, Batch, Cursor, ReadingSink, Stored } from '../ports.ts'
import { keepHighest, ownBoots, TakeOver } from './boot-writers.ts'
import { createPostgresConnection, TooLate } from './postgres-connection.ts'
import { copyText } from './postgres-copy.ts'
import { readError, sqlstateOf, writeError } from './postgres-errors.ts'
import { KEEP_PARTITIONS, type Partitions } from './postgres-partitions.ts'
import { type Looked, withoutResends } from './postgres-resends.ts'
import { timesOf } from './postgres-times.ts'
import { withoutReplayed } from './replayed-readings.ts'
import { appendMarks, lateHours } from './rollup-marks.ts'

export interface PostgresSinkDeps {
  readonly partitions: Pick<Partitions, 'ensureFor'>
  /**
   * Makes the database ready (migrations, partitions); awaited before the first use, again until it went
   * well, and again when the tables turn out to be missing. May be called with nothing to do.
   */
  readonly prepare?: () => Promise<void>
}

export interface PostgresSinkOptions {
  /** Secret: may hold a password. */
  readonly url: string
  /** Default 5,000. */
  readonly connectTimeoutMs?: number
  /** Other nodes, with spools of their own, store into the same tables. */
  readonly isShared?: boolean
  /** After this long the connection is dropped and the store fails. Default 60,000; more after it was too short. */
  readonly storeTimeoutMs?: number
}

const COPY_READINGS = `COPY sensor_data (${SENSOR_COLUMNS.join(', ')}) FROM STDIN`
const COPY_DEAD_LETTERS = `COPY dead_letters (${DEAD_LETTER_COLUMNS.join(', ')}) FROM STDIN`

const READ_CURSOR = `
  SELECT "offset"::double precision AS "offset", first_row::double precision AS "firstRow",
    "row"::double precision AS "row", readings::double precision AS readings,
    dead_letters::double precision AS "deadLetters", deduplicated::double precision AS deduplicated,
    lost::double precision AS lost
  FROM ingest_cursor WHERE spool_id = $1`
/**
 * Rows that were numbered anew since the last batch shift the first one too: how many there were stays the same.
 *
 * `live_from` stays null until the rollups have given the spool one (rollup-progress.ts): until then they may have gone
 * past this spool, which they did not know of. From then on they go no further than what is committed of it.
 */
const MOVE_CURSOR = `
  INSERT INTO ingest_cursor (spool_id, "offset", first_row, "row") VALUES ($1, $3, $4, $5)
  ON CONFLICT (spool_id) DO UPDATE SET "offset" = EXCLUDED."offset", updated_at = now(),
    first_row = coalesce(ingest_cursor.first_row + (EXCLUDED.first_row - ingest_cursor."row"), EXCLUDED.first_row),
    "row" = EXCLUDED."row",
    live_from = CASE WHEN ingest_cursor.live_from IS NOT NULL
      THEN greatest(ingest_cursor.live_from, date_trunc('minute', now() - interval '10 seconds', 'UTC')) END
  WHERE ingest_cursor."offset" = $2
  RETURNING to_char(live_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "liveFrom"`
// Afterwards, for they are what COPY says it has stored.
const COUNT = `
  UPDATE ingest_cursor SET readings = readings + $2, dead_letters = dead_letters + $3,
    deduplicated = deduplicated + $4, lost = lost + $5
  WHERE spool_id = $1`

/**
 * A batch that takes longer than the deadline (resends of boots with millions of rows do) is sent again, and would be
 * cut off again, for ever: each time it is given twice as long, up to so many deadlines.
 */
const MAX_PATIENCE = 16

const UNDEFINED_TABLE = '42P01'
const CHECK_VIOLATION = '23514'

/** Postgres has no code of its own for it; a violated check constraint would be named. */
const lacksPartition = (error: unknown): boolean =>
  sqlstateOf(error) === CHECK_VIOLATION && (error as pg.DatabaseError).constraint === undefined

interface CursorRow extends Omit<Account, 'firstRow' | 'row'> {
  readonly offset: number
  readonly firstRow: number | null
  readonly row: number | null
}

const cursorOf = ({ offset, firstRow, row, ...counts }: CursorRow): Cursor => ({
  offset,
  account: firstRow === null || row === null ? null : { firstRow, row, ...counts },
})

/** Rows that are older than `liveFrom`, or all when it is null, are late for the rollups. */
interface Dated extends Batch {
  readonly liveFrom: string | null
}

const NOTHING_RESENT: Omit<Looked, 'readings'> = { resent: new Map(), checked: [] }

const copyAll = async (client: pg.Client, { liveFrom, ...batch }: Dated): Promise<Stored> => {
  const looked =
    batch.boots.length === 0
      ? { ...NOTHING_RESENT, readings: batch.readings }
      : await withoutResends(client, batch)
  const { checked } = looked
  const fresh = await withoutReplayed(client, looked.readings)
  const resent = new Map(looked.resent)
  for (const [deviceId, count] of fresh.resent) resent.set(deviceId, (resent.get(deviceId) ?? 0) + count)
  const chunks = fresh.readings
  await appendMarks(client, lateHours(chunks, liveFrom))
  const readings = chunks.length === 0 ? 0 : await copyText(client, COPY_READINGS, chunks)
  const deadLetters =
    batch.deadLetters.length === 0 ? 0 : await copyText(client, COPY_DEAD_LETTERS, batch.deadLetters)
  return { readings, deadLetters, resent, checked }
}

/** Who else stores into the tables: nobody; others, side by side; others, who wait for this batch. */
type Sharing = 'none' | 'together' | 'alone'

interface Manner {
  readonly sharing: Sharing
  /** Makes the partitions that rows need, on another connection. */
  readonly ensure?: (() => Promise<void>) | undefined
}

const copyShared = async (client: pg.Client, batch: Dated, alone: boolean): Promise<Stored> => {
  const { boots, taken } = await ownBoots(client, batch, alone)
  const stored = await copyAll(client, { ...batch, boots })
  await keepHighest(client, stored.checked, taken)
  // What the spool was sure of it goes on to be sure of: the next batch finds out by itself.
  const asked = new Set(batch.boots.map(({ deviceId, boot }) => `${deviceId}\n${boot}`))
  const checked = stored.checked.filter(({ deviceId, boot }) => asked.has(`${deviceId}\n${boot}`))
  return { ...stored, checked }
}

const storeIn = async (client: pg.Client, batch: Batch, { sharing, ensure }: Manner): Promise<Stored> => {
  const { spoolId, from, to, fromRow, toRow, lost } = batch
  await client.query('BEGIN')
  if (ensure !== undefined) {
    await client.query(KEEP_PARTITIONS)
    await ensure()
  }
  const moved = await client.query<Pick<Dated, 'liveFrom'>>(MOVE_CURSOR, [spoolId, from, to, fromRow, toRow])
  const [cursor] = moved.rows
  if (cursor === undefined) {
    throw new BridgeError('CURSOR_MOVED', `the cursor of spool ${spoolId} is not at ${from}`)
  }
  const dated = { ...batch, ...cursor }
  const stored =
    sharing === 'none' ? await copyAll(client, dated) : await copyShared(client, dated, sharing === 'alone')
  let resent = 0
  for (const count of stored.resent.values()) resent += count
  await client.query(COUNT, [spoolId, stored.readings, stored.deadLetters, resent, lost])
  await client.query('COMMIT')
  return stored
}

/** Runs work only after `prepare` went well; prepares anew when the work finds a table missing. */
const createGate = (prepare: () => Promise<void>) => {
  let prepared: Promise<void> | undefined
  return async <T>(work: () => Promise<T>): Promise<T> => {
    prepared ??= prepare()
    try {
      await prepared
    } catch (error) {
      prepared = undefined
      throw error
    }
    try {
      return await work()
    } catch (error) {
      if (sqlstateOf(error) === UNDEFINED_TABLE) prepared = undefined
      throw error
    }
  }
}

/** See the head of this file. Nothing is connected before the first use. */
export const createPostgresSink = (
  deps: PostgresSinkDeps,
  options: PostgresSinkOptions,
): ReadingSink & { close(): Promise<void> } => {
  const storeTimeoutMs = options.storeTimeoutMs ?? 60_000
  const connection = createPostgresConnection({
    url: options.url,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
  })
  const onReady = createGate(deps.prepare ?? (async () => {}))

  const cursor = async (spoolId: string): Promise<Cursor | null> => {
    try {
      const { rows } = await onReady(() =>
        connection.run(storeTimeoutMs, (client) => client.query<CursorRow>(READ_CURSOR, [spoolId])),
      )
      return rows[0] === undefined ? null : cursorOf(rows[0])
    } catch (error) {
      throw readError(error, 'Reading the spool’s cursor')
    }
  }

  let patience = 1
  const storeAs = async (batch: Batch, manner: Manner): Promise<Stored> => {
    try {
      const stored = await connection.run(storeTimeoutMs * patience, (client) =>
        storeIn(client, batch, manner),
      )
      patience = 1
      return stored
    } catch (error) {
      if (error instanceof TooLate) patience = Math.min(patience * 2, MAX_PATIENCE)
      throw error
    }
  }

  const storeOnce = async (batch: Batch, ensure?: Manner['ensure']): Promise<Stored> => {
    if (options.isShared !== true) return await storeAs(batch, { sharing: 'none', ensure })
    try {
      return await storeAs(batch, { sharing: 'together', ensure })
    } catch (error) {
      if (error instanceof TakeOver) return await storeAs(batch, { sharing: 'alone', ensure })
      throw error
    }
  }

  const store = async (batch: Batch): Promise<Stored> => {
    try {
      return await onReady(async () => {
        try {
          return await storeOnce(batch)
        } catch (error) {
          if (!lacksPartition(error)) throw error
          return await storeOnce(batch, () => deps.partitions.ensureFor(timesOf(batch.readings)))
        }
      })
    } catch (error) {
      throw writeError(error, 'Storing a batch')
    }
  }

  return { cursor, store, close: connection.close }
}
