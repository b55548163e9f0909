/**
 * A process that holds an embedded Postgres, to be killed: `node dist/test/support/embedded-postgres-holder.js DATA_DIR`.
 * Prints one JSON line { url, postmasterPid } when the server answers, and outlives Ctrl-C.
 */
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'

process.on('SIGINT', () => process.stdout.write('SIGINT\n'))
const postgres = createEmbeddedPostgres({ dataDir: process.argv[2] ?? '' })
const { url } = await postgres.start()
process.stdout.write(`${JSON.stringify({ url, postmasterPid: postgres.pid })}\n`)
