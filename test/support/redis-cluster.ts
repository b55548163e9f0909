/** A Redis Cluster of the test's own: three masters on the loopback that share the key slots, nothing on disk. */
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { eventually } from './eventually.ts'
import { freePort, killRedis, launchRedis } from './redis.ts'

export interface TestRedisCluster {
  /** `redis+cluster://` with all three nodes. */
  readonly url: string
  readonly ports: readonly number[]
  /** Kills one node as a crash would; the keys of its slots are gone, and nobody else takes them over. */
  kill(node: number): Promise<void>
  /** Starts it again, empty, and waits until the three are whole. */
  revive(node: number): Promise<void>
  stop(): Promise<void>
}

const NODES = 3
const SLOTS = 16_384

interface Node {
  readonly port: number
  readonly busPort: number
  readonly args: readonly string[]
  server: ChildProcess
}

const startNode = async (folder: string, number: number, password: string | undefined): Promise<Node> => {
  const port = await freePort()
  const busPort = await freePort()
  const auth = password === undefined ? [] : ['--requirepass', password, '--masterauth', password]
  const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', `node-${number}.conf`]
  const bounds = ['--cluster-port', `${busPort}`, '--cluster-node-timeout', '1500']
  const plain = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  const args = [...plain, ...cluster, ...bounds, ...auth]
  return { port, busPort, args, server: await launchRedis(port, args) }
}

const asking = async <T>(
  { port }: Pick<Node, 'port'>,
  password: string | undefined,
  ask: (redis: Redis) => Promise<T>,
): Promise<T> => {
  const login = password === undefined ? {} : { password }
  const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null, ...login })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await ask(redis)
  } finally {
    redis.disconnect()
  }
}

/** Whether this node sees every slot served, and knows all the others. */
const isWhole = (node: Node, password: string | undefined): Promise<boolean> =>
  asking(node, password, async (redis) => {
    const info = String(await redis.call('CLUSTER', 'INFO'))
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${NODES}`)
  })

const join3 = async (nodes: readonly Node[], password: string | undefined): Promise<void> => {
  const share = Math.ceil(SLOTS / NODES)
  for (const [index, node] of nodes.entries()) {
    const range = [index * share, Math.min(SLOTS, (index + 1) * share) - 1].map(String)
    await asking(node, password, async (redis) => {
      await redis.call('CLUSTER', 'ADDSLOTSRANGE', ...range)
      for (const other of nodes)
        if (other !== node)
          await redis.call('CLUSTER', 'MEET', '127.0.0.1', `${other.port}`, `${other.busPort}`)
    })
  }
}

/** Resolves when every node sees the whole. `password` demands it of every client. */
export const startRedisCluster = async (
  options: { readonly password?: string } = {},
): Promise<TestRedisCluster> => {
  const { password } = options
  const folder = await mkdtemp(join(tmpdir(), 'sluice-redis-cluster-'))
  const nodes: Node[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map(({ server }) => killRedis(server)))
    await rm(folder, { recursive: true, force: true })
  }
  const whole = async (): Promise<void> => {
    for (const node of nodes) await eventually(() => isWhole(node, password), 30_000)
  }
  const nodeAt = (index: number): Node => {
    const node = nodes[index]
    if (node === undefined) throw new Error(`there is no node ${index}`)
    return node
  }
  try {
    for (let number = 0; number < NODES; number++) nodes.push(await startNode(folder, number, password))
    await join3(nodes, password)
    await whole()
  } catch (error) {
    await stop()
    throw error
  }
  const auth = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  const ports = nodes.map(({ port }) => port)
  return {
    url: `redis+cluster://${auth}${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
    ports,
    kill: (index) => killRedis(nodeAt(index).server),
    revive: async (index) => {
      const node = nodeAt(index)
      await killRedis(node.server)
      node.server = await launchRedis(node.port, node.args)
      await whole()
    },
    stop,
  }
}
