import type pg from 'pg'
import { readError } from './postgres-errors.ts'

export interface DeadLetterRow {
  readonly id: number
  /** Epoch ms. */
  readonly receivedAt: number
  readonly topic: string
  readonly clientId: string | null
  readonly deviceId: string | null
  readonly reason: string
  readonly detail: string
  /** Raw, as it came in. */
  readonly payload: Uint8Array
}

/** All methods throw STORE_UNAVAILABLE. */
export interface DeadLetters {
  count(): Promise<number>
  /** Newest first; `before` is the id of the last one seen. */
  list(page: { readonly limit: number; readonly before?: number }): Promise<readonly DeadLetterRow[]>
  get(id: number): Promise<DeadLetterRow | undefined>
}

const COLUMNS = `
  id::double precision AS id, (extract(epoch FROM received_at) * 1000)::double precision AS "receivedAt",
  topic, client_id AS "clientId", device_id AS "deviceId", reason, detail, payload`

const COUNT = 'SELECT count(*)::double precision AS count FROM dead_letters'
const LIST = `
  SELECT ${COLUMNS} FROM dead_letters WHERE dead_letters.id < $1 ORDER BY dead_letters.id DESC LIMIT $2`
const GET = `SELECT ${COLUMNS} FROM dead_letters WHERE dead_letters.id = $1`

/** Reads what could not become a reading. */
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

  return {
    count: async () => (await read<{ count: number }>(COUNT, []))[0]?.count ?? 0,
    list: ({ limit, before }) => read<DeadLetterRow>(LIST, [before ?? Number.MAX_SAFE_INTEGER, limit]),
    get: async (id) => (await read<DeadLetterRow>(GET, [id]))[0],
  }
}
