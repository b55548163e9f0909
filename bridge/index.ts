/** The door of the bridge: what src/, broker/ and mosquitto-compat/ may import. */
export * from './bridge.ts'
export type * from './bridge-types.ts'
export * from './core/index.ts'
export { drainSpool } from './drain-spool.ts'
export * from './events.ts'
export { BIRTH_TOPIC } from './pipeline/home-assistant.ts'
export { TIME_TOPIC } from './pipeline/time-signal.ts'
export * from './ports.ts'
export * from './services.ts'
export { createDiskAnnounced } from './stores/disk-announced.ts'
export { createDiskFrames } from './stores/disk-frames.ts'
export { type Level, openLevel } from './stores/level-open.ts'
export { createLevelSpool } from './stores/level-spool.ts'
export { createMemoryBuzzer } from './stores/memory-buzzer.ts'
export { createMemoryCredentials } from './stores/memory-credentials.ts'
export { createMemoryDevices } from './stores/memory-devices.ts'
export { createMemoryRange } from './stores/memory-range.ts'
export { createPostgresBuzzer } from './stores/postgres-buzzer.ts'
export { createPostgresCredentialChanges } from './stores/postgres-credential-changes.ts'
export { createPostgresCredentials } from './stores/postgres-credentials.ts'
export { createPostgresDeadLetters } from './stores/postgres-dead-letters.ts'
export { createPostgresDevices } from './stores/postgres-devices.ts'
export { createPostgresExport } from './stores/postgres-export.ts'
export { createPostgresHistory } from './stores/postgres-history.ts'
export { migrate } from './stores/postgres-migrate.ts'
export { createPartitions } from './stores/postgres-partitions.ts'
export {
  createPostgresPool,
  KEEP_PLANS_MS,
  PLAN_ONCE,
  type PostgresPoolOptions,
} from './stores/postgres-pool.ts'
export { createPostgresRange } from './stores/postgres-range.ts'
export { createReplicaHistory, noteStored, type ReplicaHistory } from './stores/postgres-replica-history.ts'
export { createReplicaExport, createReplicaRange } from './stores/postgres-replica-range.ts'
export { createPostgresSink } from './stores/postgres-sink.ts'
export {
  createStorageReader,
  type RollupProgress,
  type Storage,
  type TableStorage,
} from './stores/postgres-storage.ts'
export { parseRedisUrl, REDIS_URL_FORMS } from './stores/redis-address.ts'
export { createRedisClient, type RedisClient } from './stores/redis-client.ts'
export { createRedisConnection } from './stores/redis-connection.ts'
export { createRedisLatest } from './stores/redis-latest.ts'
export { createRollups, type RollupCounts, type Rollups } from './stores/rollups.ts'
