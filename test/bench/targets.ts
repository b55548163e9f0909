import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Cleanup, tempFolder } from './cleanup.ts'
import { findProgram } from './find-program.ts'
import type { Address } from './jobs.ts'
import { accepts, freePort, HOST } from './loopback.ts'
import type { TargetName } from './options.ts'
import { endOrphanedPostgres } from './orphan.ts'
import { type Running, runModule, runProgram, whileRunning } from './processes.ts'
import type { Bench } from './scenario.ts'

/** Sluice's first start makes a Postgres cluster and its tables. */
const START_TIMEOUT_MS = 90_000
/** Above Sluice's own shutdown deadline. */
const STOP_GRACE_MS = 30_000

/** A broker under load, started for this bench alone. */
export interface Target {
  readonly name: TargetName
  readonly address: Address
  /** Where Sluice speaks HTTP; undefined for what speaks none. */
  readonly http: Address | undefined
  readonly pid: number
  /** Where Sluice's rows are; undefined for brokers that store nothing. */
  readonly databaseUrl: string | undefined
  stop(): Promise<void>
}

export interface SluiceSettings {
  /** Its own embedded Postgres when undefined. */
  readonly databaseUrl?: string | undefined
  readonly redisUrl: string | undefined
  /** Behind an external broker; it opens no MQTT port then. */
  readonly brokerUrl?: string | undefined
  /** One of several nodes on the same Redis and Postgres. */
  readonly cluster?: boolean
  /** More options for its Node, such as a profile. */
  readonly nodeArgs?: readonly string[] | undefined
}

const lineWith = <T>(running: Running, parse: (line: string) => T | undefined): Promise<T> =>
  new Promise((resolve) => {
    running.onLine((line) => {
      const found = parse(line)
      if (found !== undefined) resolve(found)
    })
  })

/** Bare Aedes: memory persistence, no hooks. */
export const startAedes = async (cleanup: Cleanup): Promise<Target> => {
  const running = runModule('aedes', './bare-aedes.js')
  const stop = cleanup.add(() => running.end('SIGTERM', 5000))
  const listening = new Promise<number>((resolve) => {
    running.child.once('message', (message) => resolve((message as { port: number }).port))
  })
  const port = await whileRunning(running, listening, START_TIMEOUT_MS)
  const address = { host: HOST, port }
  return { name: 'aedes', address, http: undefined, pid: running.pid, databaseUrl: undefined, stop }
}

const mosquittoConf = (port: number): string => `listener ${port} ${HOST}
allow_anonymous true
persistence false
max_inflight_messages 0
max_queued_messages 0
set_tcp_nodelay true
log_dest stderr
log_type error
log_type warning
connection_messages false
`

/** Bare Mosquitto: memory only, no limits; undefined when it is not installed. */
export const startMosquitto = async (cleanup: Cleanup, tempDir: string): Promise<Target | undefined> => {
  const file = await findProgram('mosquitto')
  if (file === undefined) return undefined
  const port = await freePort()
  const conf = join(await tempFolder(cleanup, tempDir), 'mosquitto.conf')
  await writeFile(conf, mosquittoConf(port))
  const running = runProgram({ name: 'mosquitto', file, args: ['-c', conf] }, process.env)
  const stop = cleanup.add(() => running.end('SIGTERM', 5000))
  await whileRunning(running, accepts(port), START_TIMEOUT_MS)
  const address = { host: HOST, port }
  return { name: 'mosquitto', address, http: undefined, pid: running.pid, databaseUrl: undefined, stop }
}

interface Listening {
  readonly mqtt: Address
  readonly http: Address
}

const addressIn = (line: string, url: unknown): Address => {
  const port = Number(/(\d+)\D*$/.exec(typeof url === 'string' ? url : JSON.stringify(url ?? null))?.[1])
  if (!(port > 0)) throw new Error(`a port is missing in the listening line: ${line}`)
  return { host: HOST, port }
}

/** The addresses in Sluice's `listening` line; undefined when `line` is another one. */
const parseListening = (line: string): Listening | undefined => {
  if (!line.startsWith('{') || !line.includes('"listening"')) return undefined
  const { msg, mqtt, broker, http } = JSON.parse(line) as { readonly [field: string]: unknown }
  return msg === 'listening'
    ? { mqtt: addressIn(line, mqtt ?? broker), http: addressIn(line, http) }
    : undefined
}

/** The load comes from one address, and much of it from few clients: no fleet is like that. */
const NO_BOUNDS = {
  PUBLISH_RATE: '0',
  CONNECT_RATE: '1000000',
  MAX_CONNECTIONS: '20000',
  MAX_CONNECTIONS_PER_ADDRESS: '20000',
  MAX_INFLIGHT: '65535',
} as const

/** Sluice as built, in a fresh data folder, with nothing inherited from the environment but PATH. */
export const startSluice = async (
  cleanup: Cleanup,
  tempDir: string,
  settings: SluiceSettings,
): Promise<Target> => {
  const dataDir = await tempFolder(cleanup, tempDir)
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    PORT: '0',
    MQTT_PORT: '0',
    DATA_DIR: dataDir,
    ...NO_BOUNDS,
    ...(settings.databaseUrl === undefined ? {} : { DATABASE_URL: settings.databaseUrl }),
    ...(settings.brokerUrl === undefined ? {} : { BROKER_URL: settings.brokerUrl }),
    ...(settings.redisUrl === undefined ? {} : { REDIS_URL: settings.redisUrl }),
    ...(settings.cluster ? { CLUSTER: 'true' } : {}),
  }
  const main = fileURLToPath(new URL('../../src/main.js', import.meta.url))
  const args = ['--max-semi-space-size=64', ...(settings.nodeArgs ?? []), main]
  const running = runProgram({ name: 'sluice', file: process.execPath, args }, env)
  const stop = cleanup.add(async () => {
    await running.end('SIGTERM', STOP_GRACE_MS)
    await endOrphanedPostgres(dataDir)
  })
  const { mqtt, http } = await whileRunning(running, lineWith(running, parseListening), START_TIMEOUT_MS)
  const databaseUrl = settings.databaseUrl ?? (await readFile(join(dataDir, 'postgres.url'), 'utf8')).trim()
  return { name: 'sluice', address: mqtt, http, pid: running.pid, databaseUrl, stop }
}

/** All brokers the bench was asked to compare, each fresh; Mosquitto only where it is installed. */
export const startTargets = async ({ cleanup, options, log }: Bench): Promise<readonly Target[]> => {
  const { targets, tempDir, redisUrl } = options
  const started: Target[] = []
  if (targets.includes('aedes')) started.push(await startAedes(cleanup))
  if (targets.includes('mosquitto')) {
    const mosquitto = await startMosquitto(cleanup, tempDir)
    if (mosquitto === undefined) log('mosquitto is not installed: left out')
    else started.push(mosquitto)
  }
  if (targets.includes('sluice')) started.push(await startSluice(cleanup, tempDir, { redisUrl }))
  return started
}
