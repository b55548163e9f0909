import type pg from 'pg'
import type { Connection, Device, ReportedStatus } from '../core/device.ts'
import type { DeviceId } from '../core/reading.ts'
import { wellFormed } from '../core/well-formed.ts'
import type { DeviceStore } from '../ports.ts'
import { readError, writeError } from './postgres-errors.ts'

/** A row as selected below; times in epoch ms. */
interface DeviceRow {
  readonly device_id: string
  readonly name: string
  readonly type: string | null
  readonly ip_address: string | null
  readonly capabilities: readonly string[]
  readonly reported_status: string
  readonly connection: string
  readonly connection_at: number
  readonly last_seen: number
  readonly has_readings: boolean
  readonly uptime_ms: number
  readonly free_heap: number
  readonly wifi_rssi: number
  readonly errors: number
  readonly created_at: number
  readonly updated_at: number
}

const epochMs = (column: string): string =>
  `(extract(epoch FROM ${column}) * 1000)::double precision AS ${column}`

const SELECT = `
  SELECT device_id, name, type, ip_address, capabilities, reported_status, connection,
    ${epochMs('connection_at')}, ${epochMs('last_seen')}, has_readings, uptime_ms, free_heap, wifi_rssi,
    errors, ${epochMs('created_at')}, ${epochMs('updated_at')}
  FROM devices`

const LIST = `${SELECT} ORDER BY devices.last_seen DESC, device_id LIMIT $1`
const GET = `${SELECT} WHERE device_id = $1`

/** Sorted, so that two processes that write the same devices take their row locks in one order. */
const UPSERT = `
  INSERT INTO devices (device_id, name, type, ip_address, capabilities, reported_status, connection,
    connection_at, last_seen, has_readings, uptime_ms, free_heap, wifi_rssi, errors, created_at, updated_at)
  SELECT device_id, name, type, ip_address, capabilities, reported_status, connection,
    connection_at, last_seen, has_readings, uptime_ms, free_heap, wifi_rssi, errors, created_at, updated_at
  FROM json_populate_recordset(NULL::devices, $1::json)
  ORDER BY device_id
  ON CONFLICT (device_id) DO UPDATE SET
    name = EXCLUDED.name, type = EXCLUDED.type, ip_address = EXCLUDED.ip_address,
    capabilities = EXCLUDED.capabilities, reported_status = EXCLUDED.reported_status,
    connection = EXCLUDED.connection, connection_at = EXCLUDED.connection_at,
    last_seen = EXCLUDED.last_seen, has_readings = EXCLUDED.has_readings,
    uptime_ms = EXCLUDED.uptime_ms, free_heap = EXCLUDED.free_heap, wifi_rssi = EXCLUDED.wifi_rssi,
    errors = EXCLUDED.errors, created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at`

const REMOVE = 'DELETE FROM devices WHERE device_id = ANY ($1)'

const iso = (epoch: number): string => new Date(epoch).toISOString()
const textOrNull = (text: string | null): string | null => (text === null ? null : wellFormed(text))

/** One name that Postgres cannot hold must not keep every other device of the batch from being stored. */
const toRow = (device: Device): object => ({
  device_id: device.id,
  name: wellFormed(device.name),
  type: textOrNull(device.type),
  ip_address: textOrNull(device.ipAddress),
  capabilities: device.capabilities.map(wellFormed),
  reported_status: device.reportedStatus,
  connection: device.connection,
  connection_at: iso(device.connectionAt),
  last_seen: iso(device.lastSeen),
  has_readings: device.hasReadings,
  uptime_ms: device.uptimeMs,
  free_heap: device.freeHeap,
  wifi_rssi: device.wifiRssi,
  errors: device.errors,
  created_at: iso(device.createdAt),
  updated_at: iso(device.updatedAt),
})

const toDevice = (row: DeviceRow): Device => ({
  id: row.device_id as DeviceId,
  name: row.name,
  type: row.type,
  ipAddress: row.ip_address,
  capabilities: row.capabilities,
  reportedStatus: row.reported_status as ReportedStatus,
  connection: row.connection as Connection,
  connectionAt: row.connection_at,
  lastSeen: row.last_seen,
  hasReadings: row.has_readings,
  uptimeMs: row.uptime_ms,
  freeHeap: row.free_heap,
  wifiRssi: row.wifi_rssi,
  errors: row.errors,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** The registry in Postgres. Everything throws STORE_UNAVAILABLE, `upsert` also ROW_REFUSED. */
export const createPostgresDevices = (pool: pg.Pool): DeviceStore => {
  const read = async (name: string, text: string, value: unknown): Promise<readonly Device[]> => {
    try {
      return (await pool.query<DeviceRow>({ name, text, values: [value] })).rows.map(toDevice)
    } catch (error) {
      throw readError(error, 'Reading the devices')
    }
  }

  const upsert = async (devices: readonly Device[]): Promise<void> => {
    if (devices.length === 0) return
    // One statement cannot touch a row twice: of the same id the last one is sent.
    const last = new Map(devices.map((device) => [device.id, device]))
    try {
      const rows = JSON.stringify([...last.values()].map(toRow))
      await pool.query({ name: 'devices-upsert', text: UPSERT, values: [rows] })
    } catch (error) {
      throw writeError(error, 'Storing devices')
    }
  }

  return {
    upsert,
    list: (limit) => read('devices-list', LIST, limit),
    get: async (deviceId) => (await read('devices-get', GET, deviceId))[0],
    remove: async (deviceIds) => {
      try {
        await pool.query({ name: 'devices-remove', text: REMOVE, values: [deviceIds] })
      } catch (error) {
        throw writeError(error, 'Removing devices')
      }
    },
  }
}
