/** The door of the embedded Postgres: what the program starts when DATABASE_URL is unset. */
export type { EmbeddedPostgresOptions } from './holder.ts'
export type { ExitReport } from './postmaster.ts'
export { createEmbeddedPostgres, type EmbeddedPostgres, type StartedPostgres } from './server.ts'
