/** Puts the world of a round together and takes it apart again, whatever state the faults left it in. */
import { randomInt } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lastingPort } from '../../oracle/lasting-port.ts'
import { type Cleanup, createPool, freshDatabase, takeApart } from '../../oracle/make-world.ts'
import { startOwnPostgres } from '../../oracle/own-postgres.ts'
import { createRandom } from '../../oracle/random.ts'
import { startOwnCluster } from '../../support/own-cluster.ts'
import { startRedis } from '../../support/redis.ts'
import type { ClusterWorld } from './world.ts'

export interface ClusterWorldOptions {
  /** Where the Postgres cluster is kept, for the worlds that follow: making one takes seconds. */
  readonly postgresFolder?: string
}

/** Three nodes, a command that drains, and whoever looks. */
const MAX_CONNECTIONS = 80
const SETTINGS = {
  // The boards poll nothing, but their resends would soon be over the usual limit of REST.
  RATE_LIMIT_MAX: '1000000',
  // Over HTTP through a proxy nobody is of this machine.
  HOST: '127.0.0.1',
  ALLOW_ANONYMOUS: 'true',
}

const build = async (
  options: ClusterWorldOptions,
  later: (cleanup: Cleanup) => void,
): Promise<ClusterWorld> => {
  const random = createRandom(randomInt(2 ** 32))
  const findPort = (): Promise<number> => lastingPort(random)
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cluster-oracle-'))
  later(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const postgres = await startOwnPostgres({
    folder: options.postgresFolder ?? join(folder, 'postgres'),
    port: await findPort(),
    maxConnections: MAX_CONNECTIONS,
  })
  later(postgres.close)
  const databaseUrl = await freshDatabase(postgres.url)
  const redisFolder = join(folder, 'redis')
  await mkdir(redisFolder)
  const redis = await startRedis({ port: await findPort(), folder: redisFolder })
  later(redis.stop)
  const pool = createPool(databaseUrl)
  later(() => pool.end())
  const nodesFolder = join(folder, 'nodes')
  const cluster = await startOwnCluster({
    folder: nodesFolder,
    databaseUrl,
    redisUrl: redis.url,
    settings: SETTINGS,
    ports: { mqtt: await findPort(), http: await findPort(), stats: await findPort() },
    findPort,
  })
  later(async () => {
    redis.thaw()
    await cluster.stop()
  })
  const notes: string[] = []
  return {
    http: `http://127.0.0.1:${cluster.proxy.httpPort}`,
    mqttPort: cluster.proxy.mqttPort,
    folder: nodesFolder,
    databaseUrl,
    cluster,
    redis,
    postgres,
    pool,
    notes,
    note: (text) => void notes.push(text),
    close: async () => {},
  }
}

/** A world in which everything runs. The caller closes it, which removes all it made but `postgresFolder`. */
export const createClusterWorld = async (options: ClusterWorldOptions = {}): Promise<ClusterWorld> => {
  const cleanups: Cleanup[] = []
  try {
    const world = await build(options, (cleanup) => void cleanups.push(cleanup))
    return { ...world, close: () => takeApart(cleanups.splice(0)) }
  } catch (error) {
    await takeApart(cleanups)
    throw error
  }
}
