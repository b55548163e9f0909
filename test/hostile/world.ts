/** The Sluice that is attacked: the built program with a DATA_DIR of its own, and devices that have credentials. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { hashSecret, makeSecret } from '../../src/access/secrets.ts'
import type { Row } from '../oracle/verdict/evidence.ts'
import { readRows } from '../oracle/verdict/gather.ts'
import { freshDataDir, type Settings, type Sluice, startSluice } from '../support/sluice.ts'

export interface HostileWorld {
  readonly sluice: Sluice
  readonly connectTimeoutMs: number
  readonly devices: readonly { readonly deviceId: string; readonly secret: string }[]
  rows(): Promise<readonly Row[]>
  close(): Promise<void>
}

export interface WorldOptions {
  readonly settings: Settings
  readonly boards: number
  readonly connectTimeoutMs: number
}

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)))
const COLLECTOR = join(root.endsWith('dist') ? root : join(root, 'dist'), 'test/hostile/collect-garbage.js')

/** On loopback strangers without a credential are let in, and so get at more than they would elsewhere. */
const SETTINGS = {
  RATE_LIMIT_MAX: '1000000000',
  MAX_CONNECTIONS: '12000',
  NODE_OPTIONS: `--import=${COLLECTOR}`,
} as const

const addDevices = async (pool: pg.Pool, count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const [deviceId, secret] = [`honest-${n + 1}`, makeSecret()]
      const insert = "INSERT INTO credentials (name, role, secret_hash) VALUES ($1, 'device', $2)"
      await pool.query(insert, [deviceId, await hashSecret(secret)])
      return { deviceId, secret }
    }),
  )

/** Without a DATABASE_URL in `settings` it has its embedded Postgres. */
export const createHostileWorld = async (options: WorldOptions): Promise<HostileWorld> => {
  const { dataDir, cleanup } = await freshDataDir()
  const { connectTimeoutMs } = options
  const timeout = { CONNECT_TIMEOUT_MS: String(connectTimeoutMs) }
  const settings = { DATA_DIR: dataDir, ...SETTINGS, ...timeout, ...options.settings }
  const sluice = await startSluice(settings).catch(async (error: unknown) => {
    await cleanup()
    throw error
  })
  const url = options.settings.DATABASE_URL ?? (await readFile(join(dataDir, 'postgres.url'), 'utf8')).trim()
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => {}) // an embedded Postgres ends with its Sluice
  const close = async (): Promise<void> => {
    await pool.end()
    await sluice.end('SIGTERM')
    await cleanup()
  }
  try {
    const devices = await addDevices(pool, options.boards)
    return { sluice, connectTimeoutMs, devices, rows: () => readRows(pool), close }
  } catch (error) {
    await close()
    throw error
  }
}
