/** Puts a world together (world.ts) and takes it apart again, whatever state the faults left it in. */
import { randomInt, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startRedis } from '../support/redis.ts'
import { lastingPort } from './lasting-port.ts'
import { createTcpProxy } from './make-tcp-proxy.ts'
import { startOwnPostgres } from './own-postgres.ts'
import { createOwnSluice, type OwnSluice } from './own-sluice.ts'
import { createPostgresPoints } from './postgres-points.ts'
import { createRandom } from './random.ts'
import { createSmallDisk } from './small-disk.ts'
import type { FailPoint, OwnRedis, World } from './world.ts'

export interface WorldOptions {
  /** More of Sluice's environment; wins over the world's own. */
  readonly settings?: Readonly<Record<string, string>>
  /**
   * Where the Postgres cluster is kept, for the worlds that follow: making one takes seconds. Each world has a
   * database of its own there; two worlds may not use the folder at the same time.
   */
  readonly clusterFolder?: string
  /** False: the full disk is pretended also where a small one could be mounted. */
  readonly mayMount?: boolean
  /** Awaited between Sluice's death at a fail point and the start that follows it. */
  readonly atFailPoint?: (point: FailPoint) => Promise<void>
}

export type Cleanup = () => Promise<unknown>

const QUERY_TIMEOUT_MS = 60_000
const CONNECT_TIMEOUT_MS = 5_000

/** Runs all of them, last first, also when some fail. */
export const takeApart = async (cleanups: readonly Cleanup[]): Promise<void> => {
  const errors: unknown[] = []
  for (const cleanup of [...cleanups].reverse()) await cleanup().catch((error) => errors.push(error))
  if (errors.length > 0) throw new AggregateError(errors, 'a world could not be taken apart')
}

/** The databases of earlier worlds go, the one of this world comes. */
export const freshDatabase = async (serverUrl: string): Promise<string> => {
  const name = `world_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ datname: string }>(
      `SELECT datname FROM pg_database WHERE datname LIKE 'world\\_%'`,
    )
    for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${name}`)
  } finally {
    await client.end()
  }
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

export const createPool = (url: string): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'oracle',
    max: 2,
    // Kept: when all connections are taken, this one is still there to look with.
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  })
  pool.on('error', () => {}) // connections end on purpose
  return pool
}

const build = async (options: WorldOptions, later: (cleanup: Cleanup) => void): Promise<World> => {
  const random = createRandom(randomInt(2 ** 32))
  const folder = await mkdtemp(join(tmpdir(), 'sluice-oracle-'))
  later(() => rm(folder, { recursive: true, force: true }))
  const disk = await createSmallDisk(folder, { mayMount: options.mayMount ?? true })
  later(disk.close)
  const postgres = await startOwnPostgres({
    folder: options.clusterFolder ?? join(folder, 'cluster'),
    port: await lastingPort(random),
  })
  later(postgres.close)
  const url = await freshDatabase(postgres.url)
  const points = createPostgresPoints()
  const proxy = await createTcpProxy({ target: postgres.port, tap: points.tap })
  later(proxy.close)
  const redis = await startRedis({ port: await lastingPort(random) })
  later(redis.stop)
  const pool = createPool(url)
  later(async () => {
    await postgres.thaw() // a query that hangs would hold the pool
    await pool.end()
  })
  const proxied = new URL(url)
  proxied.port = String(proxy.port)
  const ports = { http: await lastingPort(random), mqtt: await lastingPort(random) }
  const sluice: OwnSluice = createOwnSluice({
    cwd: folder,
    points,
    ...(options.atFailPoint === undefined ? {} : { atFailPoint: options.atFailPoint }),
    settings: {
      DATA_DIR: disk.dataDir,
      DATABASE_URL: proxied.href,
      REDIS_URL: redis.url,
      PORT: String(ports.http),
      MQTT_PORT: String(ports.mqtt),
      RATE_LIMIT_MAX: '1000000',
      ...disk.settings,
      ...options.settings,
    },
  })
  later(sluice.close)
  await sluice.start()
  const ownRedis: OwnRedis = { url: redis.url, kill: redis.kill, start: redis.restart }
  const notes: string[] = []
  return {
    http: `http://127.0.0.1:${ports.http}`,
    mqttPort: ports.mqtt,
    dataDir: disk.dataDir,
    sluice,
    postgres,
    pool,
    proxy,
    redis: ownRedis,
    disk,
    notes,
    note: (text) => void notes.push(text),
    close: async () => {},
  }
}

/** A world in which everything runs. The caller closes it, which removes all it made but `clusterFolder`. */
export const createWorld = async (options: WorldOptions = {}): Promise<World> => {
  const cleanups: Cleanup[] = []
  try {
    const world = await build(options, (cleanup) => void cleanups.push(cleanup))
    return { ...world, close: () => takeApart(cleanups.splice(0)) }
  } catch (error) {
    await takeApart(cleanups)
    throw error
  }
}
