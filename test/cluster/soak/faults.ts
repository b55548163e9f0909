/** What goes wrong with several nodes, as a table: each fault does it and heals it. */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault, FaultKind } from '../../oracle/fault.ts'
import type { Random } from '../../oracle/random.ts'
import type { ClusterNode } from '../../support/own-cluster.ts'
import { drainSpoolOf } from './drain-command.ts'
import { allDegraded, healed, terminate } from './proof.ts'
import type { ClusterWorld } from './world.ts'

export type ClusterFault = Fault<ClusterWorld>

const fault = (
  name: string,
  { kind, lastsMs }: { readonly kind: FaultKind; readonly lastsMs: number },
  run: (world: ClusterWorld, random: Random) => Promise<void>,
): ClusterFault => ({
  name,
  kind,
  lastsMs,
  mayLose: false,
  run: async (world, random) => {
    await run(world, random)
    await healed(world)
  },
})

/** Readings are acked meanwhile and none is stored: they are in the spools alone. */
const heldBack = async (world: ClusterWorld, during: () => Promise<void>): Promise<void> => {
  const holder = await world.pool.connect()
  try {
    await holder.query('BEGIN')
    await holder.query('LOCK TABLE ingest_cursor IN EXCLUSIVE MODE')
    await during()
    await holder.query('ROLLBACK')
    holder.release()
  } catch (error) {
    holder.release(true)
    throw error
  }
}

/** SIGKILL, with some of its readings in its spool only. */
const killWithBacklog = async (world: ClusterWorld, node: ClusterNode, random: Random): Promise<void> => {
  await heldBack(world, async () => {
    await delay(random.whole(300, 1_500))
    await node.end('SIGKILL')
  })
}

const redisAway = (name: string, how: 'kill' | 'terminate'): ClusterFault =>
  fault(name, { kind: 'redis', lastsMs: 4_000 }, async (world, random) => {
    await world.redis[how]()
    const over = delay(random.whole(300, 3_000))
    await allDegraded(world, 'redis')
    await over
    await world.redis.restart()
  })

export const CLUSTER_FAULTS: readonly ClusterFault[] = [
  fault('node-kill-9', { kind: 'kill', lastsMs: 8_000 }, async (world, random) => {
    const node = random.pick(world.cluster.nodes)
    if (random.next() < 0.5) await killWithBacklog(world, node, random)
    else await node.end('SIGKILL')
    await delay(random.whole(0, 5_000))
    await node.start()
  }),
  fault('two-nodes-kill-9', { kind: 'kill', lastsMs: 9_000 }, async (world, random) => {
    const spared = random.pick(world.cluster.nodes)
    const killed = world.cluster.nodes.filter((node) => node !== spared)
    await Promise.all(killed.map((node) => node.end('SIGKILL')))
    await delay(random.whole(0, 4_000))
    await Promise.all(killed.map((node) => node.start()))
  }),
  fault('node-kill-9-then-drain', { kind: 'spool', lastsMs: 9_000 }, async (world, random) => {
    const node = random.pick(world.cluster.nodes)
    await killWithBacklog(world, node, random)
    const dataDir = join(world.folder, node.name)
    world.note(`${node.name}: ${await drainSpoolOf(dataDir, world.databaseUrl)}`)
    const again = await drainSpoolOf(dataDir, world.databaseUrl)
    if (!again.startsWith('0 readings and 0 dead letters stored')) {
      throw new Error(`a drained spool was drained again: ${again}`)
    }
    await node.start()
  }),
  fault('node-sigterm', { kind: 'stop', lastsMs: 7_000 }, async (world, random) => {
    const node = random.pick(world.cluster.nodes)
    await terminate(node)
    await delay(random.whole(0, 3_000))
    await node.start()
  }),
  redisAway('redis-kill-9', 'kill'),
  redisAway('redis-sigterm', 'terminate'),
  fault('redis-freeze', { kind: 'redis', lastsMs: 7_000 }, async (world, random) => {
    world.redis.freeze()
    try {
      await delay(random.whole(1_000, 8_000))
    } finally {
      world.redis.thaw()
    }
  }),
  fault('redis-kill-9-and-node-kill-9', { kind: 'redis', lastsMs: 8_000 }, async (world, random) => {
    const node = random.pick(world.cluster.nodes)
    await world.redis.kill()
    await delay(random.whole(0, 1_000))
    await node.end('SIGKILL')
    await delay(random.whole(0, 1_000))
    // It waits for Redis before it listens.
    const starting = node.start()
    starting.catch(() => undefined)
    await delay(random.whole(0, 2_000))
    await world.redis.restart()
    await starting
  }),
  fault('postgres-restart', { kind: 'postgres', lastsMs: 6_000 }, async (world, random) => {
    await world.postgres.stop(random.pick(['fast', 'immediate']))
    await delay(random.whole(0, 4_000))
    await world.postgres.start()
  }),
  fault('postgres-restart-and-node-kill-9', { kind: 'postgres', lastsMs: 9_000 }, async (world, random) => {
    const node = random.pick(world.cluster.nodes)
    await world.postgres.stop(random.pick(['fast', 'immediate']))
    await delay(random.whole(0, 2_000))
    await node.end('SIGKILL')
    await delay(random.whole(0, 1_000))
    await node.start()
    await world.postgres.start()
  }),
]
