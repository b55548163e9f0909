/**
 * `npm run cluster`: the shape of docker-compose.yml's profile `cluster` as plain processes on the loopback: Redis, an
 * embedded Postgres, three Sluice nodes, HAProxy. Prints where everything is; SIGINT or SIGTERM stops it in order.
 *
 *   npm run cluster -- --folder DIR    keeps the data there; without it, it is gone at the end
 *
 * Settings of .env.example in the environment reach every node, but for addresses, folders, stores and LOG_LEVEL.
 */
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { SETTING_NAMES } from '../../src/load-config.ts'
import { type OwnCluster, startOwnCluster } from '../support/own-cluster.ts'
import { freePort, startRedis } from '../support/redis.ts'
import type { Settings } from '../support/sluice.ts'

const OWN = ['PORT', 'MQTT_PORT', 'HOST', 'DATABASE_URL', 'REDIS_URL', 'DATA_DIR', 'CLUSTER', 'BROKER_URL']
/** Whether a node has started is read from its log. */
const FIXED = ['LOG_LEVEL']
const WANTED = { mqtt: 1883, http: 3000, stats: 8404 }

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** What was opened, closed in reverse order. */
type Closing = (() => Promise<unknown>)[]

const isFree = (port: number): Promise<boolean> =>
  new Promise((settle) => {
    const server = createServer()
    server.once('error', () => settle(false))
    server.listen(port, '127.0.0.1', () => server.close(() => settle(true)))
  })

/** The usual one, or any other when that is taken. */
const portFor = async (wanted: number): Promise<number> => ((await isFree(wanted)) ? wanted : freePort())

const givenSettings = (env: NodeJS.ProcessEnv): Settings => {
  const names = SETTING_NAMES.filter((name) => ![...OWN, ...FIXED].includes(name) && (env[name] ?? '') !== '')
  return { NODE_ENV: 'production', ...Object.fromEntries(names.map((name) => [name, env[name] ?? ''])) }
}

const dataFolder = async (given: string | undefined, closing: Closing): Promise<string> => {
  if (given !== undefined) return resolve(given)
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cluster-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const startAll = async (folder: string, closing: Closing, signal: AbortSignal): Promise<void> => {
  const redisFolder = join(folder, 'redis')
  await mkdir(redisFolder, { recursive: true })
  const redis = await startRedis({ folder: redisFolder })
  closing.push(redis.stop)
  say(`Redis     ${redis.url}`)
  const postgres = createEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    extraSettings: { max_connections: '100' },
  })
  closing.push(postgres.stop)
  const { url } = await postgres.start()
  signal.throwIfAborted()
  say(`Postgres  its address, with the password, is in ${join(folder, 'postgres/postgres.url')}`)
  const ports = {
    mqtt: await portFor(WANTED.mqtt),
    http: await portFor(WANTED.http),
    stats: await portFor(WANTED.stats),
  }
  const cluster = await startOwnCluster({
    folder,
    databaseUrl: url,
    redisUrl: redis.url,
    settings: givenSettings(process.env),
    ports,
    signal,
  })
  closing.push(cluster.stop)
  show(cluster)
}

const show = ({ nodes, proxy }: OwnCluster): void => {
  for (const { name, sluice } of nodes) {
    say(`${name}     mqtt://127.0.0.1:${sluice.mqttPort}  ${sluice.http}  pid ${sluice.pid}`)
    void sluice.ended.then(({ code, signal }) => say(`${name}     ended with ${signal ?? code}`))
  }
  say(`HAProxy   mqtt://127.0.0.1:${proxy.mqttPort}  http://127.0.0.1:${proxy.httpPort}  pid ${proxy.pid}`)
  say(`          its view of the nodes: http://127.0.0.1:${proxy.statsPort}/`)
  say('Ready. Ctrl-C stops everything.')
}

/** Aborts at the first signal; what is starting is waited for, then everything ends in order. */
const askedToStop = (): AbortSignal => {
  const asked = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => asked.abort())
  return asked.signal
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { folder: { type: 'string' } } })
  const closing: Closing = []
  const stop = askedToStop()
  try {
    await startAll(await dataFolder(values.folder, closing), closing, stop)
    if (!stop.aborted) await once(stop, 'abort')
    say('Stopping.')
  } catch (error) {
    if (!stop.aborted) throw error
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
