/** The door of the embedded broker. */
export * from './broker-events.ts'
export { certificateNameOf } from './certificate-name.ts'
export type { ClusterDeps, ClusterOptions, ClusterStats } from './cluster.ts'
export * from './embedded-broker.ts'
export type { Matches } from './members.ts'
export * from './options.ts'
export type * from './policy.ts'
export type { RedisCommands, SharedRedis } from './shared-redis.ts'
