/** What a round plays in: three nodes behind HAProxy on one Redis and one Postgres, all of its own. */
import type pg from 'pg'
import type { OwnPostgres } from '../../oracle/world.ts'
import type { OwnCluster } from '../../support/own-cluster.ts'
import type { TestRedis } from '../../support/redis.ts'

export interface ClusterWorld {
  /** Of HAProxy: `http://127.0.0.1:port` */
  readonly http: string
  /** Of HAProxy. */
  readonly mqttPort: number
  /** Each node has its DATA_DIR in it, named as the node. */
  readonly folder: string
  readonly databaseUrl: string
  readonly cluster: Pick<OwnCluster, 'nodes' | 'seesWell'>
  /** It keeps what it is told (appendonly). */
  readonly redis: TestRedis
  readonly postgres: OwnPostgres
  /** Reconnecting by itself; queries fail while Postgres is away. */
  readonly pool: pg.Pool
  /** What the faults did in detail. */
  readonly notes: readonly string[]
  note(text: string): void
  close(): Promise<void>
}
