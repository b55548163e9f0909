/** HAProxy with the shipped deploy/haproxy.cfg, on free ports of the loopback, before nodes that run anywhere. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../bench/find-program.ts'
import { eventually } from './eventually.ts'
import { freePort } from './redis.ts'

export interface NodePorts {
  readonly mqtt: number
  readonly http: number
}

export interface HaproxyOptions {
  readonly nodes: readonly [NodePorts, NodePorts, NodePorts]
  /** Absent: any free ones. */
  readonly ports?: { readonly mqtt: number; readonly http: number; readonly stats: number }
  /** Connections of one address at a time; absent: more than there are. */
  readonly maxPerAddress?: number
}

export interface Haproxy {
  readonly pid: number
  readonly mqttPort: number
  readonly httpPort: number
  readonly statsPort: number
  /** The state of each server as it tells it: `mqtt_nodes/node1` → `UP`, `DOWN`, … */
  states(): Promise<ReadonlyMap<string, string>>
  stop(): Promise<void>
}

const here = resolve(fileURLToPath(new URL('../..', import.meta.url)))
const root = here.endsWith('dist') ? resolve(here, '..') : here

/** The shipped files. */
export const HAPROXY_CONFIG = join(root, 'deploy/haproxy.cfg')
export const HAPROXY_TLS_CONFIG = join(root, 'deploy/haproxy-tls.cfg')

/** The path of the program; throws when it is not installed. */
export const haproxyProgram = async (): Promise<string> => {
  const path = await findProgram('haproxy')
  if (path === undefined) throw new Error('haproxy is not installed: npm test installs it')
  return path
}

const nodeAddresses = (nodes: HaproxyOptions['nodes']): Readonly<Record<string, string>> =>
  Object.fromEntries(
    nodes.flatMap(({ mqtt, http }, index) => [
      [`NODE${index + 1}_MQTT`, `127.0.0.1:${mqtt}`],
      [`NODE${index + 1}_HTTP`, `127.0.0.1:${http}`],
    ]),
  )

const statesAt = async (statsPort: number): Promise<ReadonlyMap<string, string>> => {
  const text = await (await fetch(`http://127.0.0.1:${statsPort}/;csv`)).text()
  const [head = '', ...lines] = text.trim().split('\n')
  const column = head.replace(/^# /, '').split(',').indexOf('status')
  const rows = lines.map((line) => line.split(','))
  const servers = rows.filter(([, name]) => name?.startsWith('node'))
  return new Map(servers.map((row) => [`${row[0]}/${row[1]}`, row[column] ?? '']))
}

/** Resolves when it listens; its checks have not looked at every node yet. */
export const startHaproxy = async (options: HaproxyOptions): Promise<Haproxy> => {
  const program = await haproxyProgram()
  const ports = options.ports ?? { mqtt: await freePort(), http: await freePort(), stats: await freePort() }
  const child = spawn(program, ['-db', '-f', HAPROXY_CONFIG], {
    env: {
      ...nodeAddresses(options.nodes),
      HAPROXY_MAXCONN: '4000',
      MAX_PER_ADDRESS: `${options.maxPerAddress ?? 4_000}`,
      MQTT_BIND: `127.0.0.1:${ports.mqtt}`,
      HTTP_BIND: `127.0.0.1:${ports.http}`,
      STATS_BIND: `127.0.0.1:${ports.stats}`,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  let ended = false
  const end = once(child, 'close').then(
    () => {
      ended = true
    },
    (error) => {
      ended = true
      said += String(error)
    },
  )
  const states = (): Promise<ReadonlyMap<string, string>> => statesAt(ports.stats)
  await eventually(async () => ended || (await states()).size > 0)
  if (ended) throw new Error(`haproxy ended: ${said}`)
  return {
    pid: child.pid ?? -1,
    mqttPort: ports.mqtt,
    httpPort: ports.http,
    statsPort: ports.stats,
    states,
    stop: async () => {
      // SIGTERM ends it at once; SIGUSR1 would wait for every connection.
      child.kill('SIGTERM')
      await end
    },
  }
}
