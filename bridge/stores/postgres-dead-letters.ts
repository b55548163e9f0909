/** The table of what could not become a reading: looked at, decoded again, thrown away. */
import type pg from 'pg'
import { FILTER, filterValues, type LetterFilter } from './letter-filter.ts'
import { readError, writeError } from './postgres-errors.ts'
import { createReplay, type ReplayOptions, type ReplayOutcome } from './postgres-replay.ts'

/** A dead letter without its payload. */
export interface DeadLetterHead {
  readonly id: number
  /** Epoch ms. */
  readonly receivedAt: number
  readonly topic: string
  readonly clientId: string | null
  readonly deviceId: string | null
  readonly reason: string
  readonly detail: string
  /** Of the payload. */
  readonly bytes: number
}

export interface DeadLetterRow extends Omit<DeadLetterHead, 'bytes'> {
  /** Raw, as it came in. */
  readonly payload: Uint8Array
}

/** The dead letters of one reason. */
export interface ReasonSummary {
  readonly reason: string
  readonly count: number
  /** Of their payloads. */
  readonly bytes: number
  /** Epoch ms. */
  readonly oldest: number
  readonly newest: number
}

/** A page, newest first; `before` is the id of the last one seen. */
export interface LetterPage {
  readonly limit: number
  readonly before?: number | undefined
}

/** All methods throw STORE_UNAVAILABLE. A filter that is absent means all dead letters. */
export interface DeadLetters {
  /** The greatest id there is; 0 without any. */
  newest(): Promise<number>
  /** Those with an id up to `upTo`. */
  count(filter?: LetterFilter, upTo?: number): Promise<number>
  /** The most frequent reason first. */
  reasons(filter?: LetterFilter): Promise<readonly ReasonSummary[]>
  heads(page: LetterPage, filter?: LetterFilter): Promise<readonly DeadLetterHead[]>
  /** Whole letters, of up to 1 MiB each. */
  list(page: LetterPage): Promise<readonly DeadLetterRow[]>
  /** The newest of a device, newest first, without a look at their payloads. */
  ofDevice(deviceId: string, limit: number): Promise<readonly Omit<DeadLetterHead, 'bytes'>[]>
  get(id: number): Promise<DeadLetterRow | undefined>
  /** Deletes those with an id up to `upTo`, in pages of a transaction each; tells how many. */
  purge(filter: LetterFilter, upTo: number): Promise<number>
  /** Decodes again and stores what now fits: postgres-replay.ts. A page of outcomes when it is committed. */
  replay(filter: LetterFilter, options: ReplayOptions): AsyncIterable<readonly ReplayOutcome[]>
}

const HEAD = `
  dead_letters.id::double precision AS id,
  floor(extract(epoch FROM received_at) * 1000)::double precision AS "receivedAt",
  topic, client_id AS "clientId", device_id AS "deviceId", reason, detail`
const WHOLE = `${HEAD}, payload`

const COUNT = `
  SELECT count(*)::double precision AS count FROM dead_letters WHERE ${FILTER} AND dead_letters.id <= $6`
const REASONS = `
  SELECT reason, count(*)::double precision AS count, sum(octet_length(payload))::double precision AS bytes,
    (extract(epoch FROM min(received_at)) * 1000)::double precision AS oldest,
    (extract(epoch FROM max(received_at)) * 1000)::double precision AS newest
  FROM dead_letters WHERE ${FILTER} GROUP BY reason ORDER BY count DESC, reason`
const HEADS = `
  SELECT ${HEAD}, octet_length(payload) AS bytes FROM dead_letters
  WHERE ${FILTER} AND dead_letters.id < $6 ORDER BY dead_letters.id DESC LIMIT $7`
const LIST = `
  SELECT ${WHOLE} FROM dead_letters WHERE dead_letters.id < $1 ORDER BY dead_letters.id DESC LIMIT $2`
/** By an index of its own: a device without any costs nothing, however many others have. */
const OF_DEVICE = `
  SELECT ${HEAD} FROM dead_letters WHERE device_id = $1 ORDER BY dead_letters.id DESC LIMIT $2`
const GET = `SELECT ${WHOLE} FROM dead_letters WHERE dead_letters.id = $1`
const NEWEST = 'SELECT max(id)::double precision AS id FROM dead_letters'
/** In the order of ids, and waiting for what a replay holds: it is moved, or still there to be deleted. */
const PURGE = `
  DELETE FROM dead_letters WHERE id IN (
    SELECT id FROM dead_letters WHERE ${FILTER} AND dead_letters.id <= $6 ORDER BY id LIMIT $7 FOR UPDATE
  )`

const PURGE_PAGE = 5_000

/** The dead letters in the database of this pool. */
export const createPostgresDeadLetters = (pool: pg.Pool): DeadLetters => {
  const read = async <Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Row[]> => {
    try {
      return (await pool.query<Row>(text, [...values])).rows
    } catch (error) {
      throw readError(error, 'Reading the dead letters')
    }
  }

  const newest = async (): Promise<number> => (await read<{ id: number | null }>(NEWEST, []))[0]?.id ?? 0

  const purgePage = async (filter: LetterFilter, upTo: number): Promise<number> => {
    try {
      return (await pool.query(PURGE, [...filterValues(filter), upTo, PURGE_PAGE])).rowCount ?? 0
    } catch (error) {
      throw writeError(error, 'Deleting dead letters')
    }
  }

  const purge = async (filter: LetterFilter, upTo: number): Promise<number> => {
    let total = 0
    for (;;) {
      const deleted = await purgePage(filter, upTo)
      total += deleted
      if (deleted < PURGE_PAGE) return total
    }
  }

  return {
    newest,
    count: async (filter = {}, upTo = Number.MAX_SAFE_INTEGER) =>
      (await read<{ count: number }>(COUNT, [...filterValues(filter), upTo]))[0]?.count ?? 0,
    reasons: (filter = {}) => read<ReasonSummary>(REASONS, filterValues(filter)),
    heads: ({ limit, before = Number.MAX_SAFE_INTEGER }, filter = {}) =>
      read<DeadLetterHead>(HEADS, [...filterValues(filter), before, limit]),
    list: ({ limit, before = Number.MAX_SAFE_INTEGER }) => read<DeadLetterRow>(LIST, [before, limit]),
    ofDevice: (deviceId, limit) => read<Omit<DeadLetterHead, 'bytes'>>(OF_DEVICE, [deviceId, limit]),
    get: async (id) => (await read<DeadLetterRow>(GET, [id]))[0],
    purge,
    replay: (filter, options) => createReplay({ pool, newest })(filter, options),
  }
}
