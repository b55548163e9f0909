/** Three Sluice nodes behind HAProxy, as plain processes on the loopback: what docker-compose.yml's profile `cluster` is. */
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { type Haproxy, type HaproxyOptions, type NodePorts, startHaproxy } from './haproxy.ts'
import { freePort } from './redis.ts'
import { type Ended, type Settings, type Sluice, startSluice } from './sluice.ts'

export interface OwnCluster {
  readonly proxy: Haproxy
  readonly nodes: readonly ClusterNode[]
  /** Resolves when HAProxy sees exactly these nodes well (numbers from 0), for MQTT and for HTTP. */
  seesWell(nodes: readonly number[]): Promise<void>
  /** HAProxy first, then the nodes, each in order. */
  stop(): Promise<void>
}

export interface ClusterNode {
  /** As HAProxy calls it. */
  readonly name: string
  /** Its latest run. */
  readonly sluice: Sluice
  /** All its runs, the latest last. */
  readonly runs: readonly Sluice[]
  /** Ends it; SIGKILL is a crash. */
  end(signal: NodeJS.Signals): Promise<Ended>
  /** Starts it again: same ports, same DATA_DIR. */
  start(): Promise<void>
}

export interface OwnClusterOptions {
  /** Each node has its DATA_DIR in it. */
  readonly folder: string
  readonly databaseUrl: string
  readonly redisUrl: string
  /** For every node, over what a node of a cluster needs. */
  readonly settings?: Settings
  /** Of HAProxy; absent: any free ones. */
  readonly ports?: HaproxyOptions['ports']
  /** Gives each node its ports; absent: any free ones, which others may take while the node is down. */
  readonly findPort?: () => Promise<number>
  /** Aborted: no more of them are started, and those that were are stopped. */
  readonly signal?: AbortSignal
}

const COUNT = 3
/** HAProxy looks at a node every two seconds, and believes the second answer. */
const SEEN_WITHIN_MS = 20_000

const settingsOf = (options: OwnClusterOptions, name: string, ports: NodePorts) => ({
  CLUSTER: 'true',
  DATABASE_URL: options.databaseUrl,
  REDIS_URL: options.redisUrl,
  // Behind HAProxy all come from one address; it is HAProxy that counts them.
  MAX_CONNECTIONS_PER_ADDRESS: '10000',
  // What it hands on is from elsewhere, for a node; but HAProxy is on this machine only.
  ALLOW_ANONYMOUS: 'true',
  HOST: '127.0.0.1',
  ...options.settings,
  PORT: `${ports.http}`,
  MQTT_PORT: `${ports.mqtt}`,
  DATA_DIR: join(options.folder, name),
})

const startNode = async (
  options: OwnClusterOptions,
  name: string,
  ports: NodePorts,
): Promise<ClusterNode> => {
  const settings = settingsOf(options, name, ports)
  let sluice = await startSluice(settings)
  const runs = [sluice]
  return {
    name,
    runs,
    get sluice() {
      return sluice
    },
    end: (signal) => sluice.end(signal),
    start: async () => {
      sluice = await startSluice(settings)
      runs.push(sluice)
    },
  }
}

/** Resolves when all three listen and HAProxy sees them well. What has started by then is stopped when one fails. */
export const startOwnCluster = async (options: OwnClusterOptions): Promise<OwnCluster> => {
  const nodes: ClusterNode[] = []
  let proxy: Haproxy | undefined
  const stop = async (): Promise<void> => {
    await proxy?.stop()
    await Promise.all(nodes.map((node) => node.end('SIGTERM')))
  }
  const seesWell = async (well: readonly number[]): Promise<void> => {
    await eventually(async () => {
      const states = await proxy?.states()
      return nodes.every(({ name }, index) =>
        ['mqtt_nodes', 'http_nodes'].every(
          (backend) => states?.get(`${backend}/${name}`)?.startsWith('UP') === well.includes(index),
        ),
      )
    }, SEEN_WITHIN_MS)
  }
  const findPort = options.findPort ?? freePort
  try {
    const ports: NodePorts[] = []
    for (let number = 1; number <= COUNT; number++) {
      options.signal?.throwIfAborted()
      const mine = { mqtt: await findPort(), http: await findPort() }
      ports.push(mine)
      // One after the other: the first brings the database up to date.
      nodes.push(await startNode(options, `node${number}`, mine))
    }
    const [first, second, third] = ports
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('three nodes are needed')
    proxy = await startHaproxy({
      nodes: [first, second, third],
      ...(options.ports === undefined ? {} : { ports: options.ports }),
    })
    await seesWell(nodes.map((_, index) => index))
    return { proxy, nodes, seesWell, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
