/** Several nodes on one Redis and one Postgres of this machine, one node that is alone, and HAProxy before the nodes. */
import { Client } from 'pg'
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { startHaproxy } from '../support/haproxy.ts'
import { startRedis } from '../support/redis.ts'
import { tempFolder } from './cleanup.ts'
import type { Watched } from './cpu.ts'
import { findProgram } from './find-program.ts'
import type { Address } from './jobs.ts'
import { HOST } from './loopback.ts'
import { openRedisProbe, type RedisProbe } from './redis-usage.ts'
import { openRows, type Rows } from './rows.ts'
import type { Bench } from './scenario.ts'
import { startSluice, type Target } from './targets.ts'

export interface Shared {
  readonly redis: RedisProbe
  readonly redisUrl: string
  readonly databaseUrl: string
  readonly postgresPid: number
}

export interface NodeStage {
  readonly nodes: readonly Target[]
  /** On databases of its own in the same Redis and Postgres, without CLUSTER. */
  readonly alone: Target
  /** Undefined where HAProxy is not installed. */
  readonly proxy: Address | undefined
  readonly redis: RedisProbe
  readonly rows: { readonly nodes: Rows; readonly alone: Rows }
  readonly processes: ReadonlyMap<string, Watched>
}

const NODES = 3
const ALONE_DATABASE = 'alone'

/** A Redis that writes down what it is told, as a cluster needs it, and a Postgres; undefined without redis-server. */
export const startShared = async ({ cleanup, options }: Bench): Promise<Shared | undefined> => {
  if ((await findProgram('redis-server')) === undefined) return undefined
  const server = await startRedis({ folder: await tempFolder(cleanup, options.tempDir) })
  cleanup.add(server.stop)
  const redis = await openRedisProbe(server.url)
  cleanup.add(redis.close)
  const dataDir = await tempFolder(cleanup, options.tempDir)
  const postgres = createEmbeddedPostgres({ dataDir, extraSettings: { max_connections: '100' } })
  cleanup.add(() => postgres.stop())
  const { url } = await postgres.start()
  return { redis, redisUrl: server.url, databaseUrl: url, postgresPid: postgres.pid ?? -1 }
}

/** The same server's database of another name, made anew. */
const anotherDatabase = async (databaseUrl: string, name: string): Promise<string> => {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(`CREATE DATABASE ${name}`)
  await client.end()
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  return url.href
}

const startProxy = async (
  { cleanup }: Bench,
  nodes: readonly Target[],
): Promise<{ readonly pid: number; readonly address: Address } | undefined> => {
  if ((await findProgram('haproxy')) === undefined) return undefined
  const ports = nodes.map(({ address, http }) => ({ mqtt: address.port, http: http?.port ?? 0 }))
  const [first, second, third] = ports
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('three nodes are needed')
  const proxy = await startHaproxy({ nodes: [first, second, third] })
  cleanup.add(proxy.stop)
  return { pid: proxy.pid, address: { host: HOST, port: proxy.mqttPort } }
}

const openRowsOf = async ({ cleanup }: Bench, target: Target): Promise<Rows> => {
  const rows = await openRows(target.databaseUrl ?? '')
  cleanup.add(rows.close)
  return rows
}

/** All of them, each started when the one before listens. */
export const startNodes = async (bench: Bench, shared: Shared, generatorPid: number): Promise<NodeStage> => {
  const { redisUrl, databaseUrl, redis } = shared
  const start = (settings: Parameters<typeof startSluice>[2]): Promise<Target> =>
    startSluice(bench.cleanup, bench.options.tempDir, settings)
  const nodes: Target[] = []
  for (let node = 0; node < NODES; node++) nodes.push(await start({ databaseUrl, redisUrl, cluster: true }))
  const own = await anotherDatabase(databaseUrl, ALONE_DATABASE)
  const alone = await start({ databaseUrl: own, redisUrl: `${redisUrl}/1` })
  const proxy = await startProxy(bench, nodes)
  const [first] = nodes
  if (first === undefined) throw new Error('no node was started')
  return {
    nodes,
    alone,
    proxy: proxy?.address,
    redis,
    rows: { nodes: await openRowsOf(bench, first), alone: await openRowsOf(bench, alone) },
    processes: new Map<string, Watched>([
      ...nodes.map(({ pid }, index) => [`node ${index + 1}`, { pid }] as const),
      ['node alone', { pid: alone.pid }],
      ['Redis', { pid: redis.pid }],
      ['Postgres', { pid: shared.postgresPid, family: true }],
      ...(proxy === undefined ? [] : [['HAProxy', { pid: proxy.pid }] as const]),
      ['generator', { pid: generatorPid }],
    ]),
  }
}
