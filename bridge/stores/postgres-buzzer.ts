import type pg from 'pg'
import type { BuzzerRequest, BuzzerStatus } from '../core/buzzer.ts'
import type { DeviceId } from '../core/reading.ts'
import type { BuzzerStore } from '../ports.ts'
import { readError, writeError } from './postgres-errors.ts'

/** A row as selected below; times in epoch ms. */
interface BuzzerRow {
  readonly id: number
  readonly device_id: string
  readonly status: string
  readonly duration_ms: number
  readonly requested_at: number
  readonly expires_at: number
  readonly delivered_at: number | null
  readonly buzzed_at: number | null
  readonly created_at: number
  readonly updated_at: number
}

const epochMs = (column: string): string =>
  `(extract(epoch FROM ${column}) * 1000)::double precision AS ${column}`

const SELECT = `
  SELECT id::double precision AS id, device_id, status, duration_ms, ${epochMs('requested_at')},
    ${epochMs('expires_at')}, ${epochMs('delivered_at')}, ${epochMs('buzzed_at')},
    ${epochMs('created_at')}, ${epochMs('updated_at')}
  FROM buzzer_requests`

const GET = `${SELECT} WHERE buzzer_requests.id = $1`
const NEWEST = `${SELECT} WHERE device_id = $1 ORDER BY buzzer_requests.id DESC LIMIT 1`
const PENDING = `
  ${SELECT} WHERE status = 'pending' AND buzzer_requests.requested_at >= $1 ORDER BY buzzer_requests.id`

/** One block after the other: between reading a sequence and moving it on, another session could do the same. */
const RESERVE = `
  WITH alone AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtext('buzzer_request_ids')))
  SELECT (setval('buzzer_request_ids', greatest(
      nextval('buzzer_request_ids'),
      $2::bigint + 1,
      (SELECT max(buzzer_requests.id) + 1 FROM buzzer_requests)
    ) + $1::bigint - 1) - $1::bigint + 1)
    ::double precision AS first
  FROM alone`

/** Sorted, so that two processes that write the same requests take their row locks in one order. */
const UPSERT = `
  INSERT INTO buzzer_requests (id, device_id, status, duration_ms, requested_at, expires_at, delivered_at,
    buzzed_at, created_at, updated_at)
  SELECT id, device_id, status, duration_ms, requested_at, expires_at, delivered_at, buzzed_at, created_at,
    updated_at
  FROM json_populate_recordset(NULL::buzzer_requests, $1::json)
  ORDER BY id
  ON CONFLICT (id) DO UPDATE SET
    device_id = EXCLUDED.device_id, status = EXCLUDED.status, duration_ms = EXCLUDED.duration_ms,
    requested_at = EXCLUDED.requested_at, expires_at = EXCLUDED.expires_at,
    delivered_at = EXCLUDED.delivered_at, buzzed_at = EXCLUDED.buzzed_at,
    created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at
  WHERE buzzer_requests.status <> 'completed'`

const iso = (epoch: number): string => new Date(epoch).toISOString()
const isoOrNull = (epoch: number | null): string | null => (epoch === null ? null : iso(epoch))

const toRow = (request: BuzzerRequest): object => ({
  id: request.id,
  device_id: request.deviceId,
  status: request.status,
  duration_ms: request.durationMs,
  requested_at: iso(request.requestedAt),
  expires_at: iso(request.expiresAt),
  delivered_at: isoOrNull(request.deliveredAt),
  buzzed_at: isoOrNull(request.buzzedAt),
  created_at: iso(request.createdAt),
  updated_at: iso(request.updatedAt),
})

const toRequest = (row: BuzzerRow): BuzzerRequest => ({
  id: row.id,
  deviceId: row.device_id as DeviceId,
  status: row.status as BuzzerStatus,
  durationMs: row.duration_ms,
  requestedAt: row.requested_at,
  expiresAt: row.expires_at,
  deliveredAt: row.delivered_at,
  buzzedAt: row.buzzed_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** Buzzer history in Postgres. All methods throw STORE_UNAVAILABLE, `upsert` also ROW_REFUSED. */
export const createPostgresBuzzer = (pool: pg.Pool): BuzzerStore => {
  const read = async <Row extends pg.QueryResultRow>(
    name: string,
    text: string,
    ...values: readonly unknown[]
  ): Promise<readonly Row[]> => {
    try {
      return (await pool.query<Row>({ name, text, values: [...values] })).rows
    } catch (error) {
      throw readError(error, 'Reading buzzer requests')
    }
  }

  const requests = async (name: string, text: string, value: unknown): Promise<readonly BuzzerRequest[]> =>
    (await read<BuzzerRow>(name, text, value)).map(toRequest)

  const upsert = async (changed: readonly BuzzerRequest[]): Promise<void> => {
    if (changed.length === 0) return
    try {
      // One statement cannot touch a row twice: of the same id the last one is sent.
      const last = new Map(changed.map((request) => [request.id, request]))
      const rows = JSON.stringify([...last.values()].map(toRow))
      await pool.query({ name: 'buzzer-upsert', text: UPSERT, values: [rows] })
    } catch (error) {
      throw writeError(error, 'Storing buzzer requests')
    }
  }

  return {
    reserveIds: async (count, above) =>
      (await read<{ first: number }>('buzzer-reserve', RESERVE, count, above))[0]?.first ?? Number.NaN,
    upsert,
    get: async (requestId) => (await requests('buzzer-get', GET, requestId))[0],
    newest: async (deviceId) => (await requests('buzzer-newest', NEWEST, deviceId))[0],
    pending: (sinceMs) => requests('buzzer-pending', PENDING, iso(sinceMs)),
  }
}
