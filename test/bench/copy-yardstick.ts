import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { findProgram } from './find-program.ts'
import { monotonicMs } from './jobs.ts'

const COPY_TIMEOUT_MS = 120_000

/** How fast the same Postgres takes the same rows when nothing but COPY is in the way. */
export interface CopyYardstick {
  readonly name: string
  /** Exports the rows of one boot and copies them into an empty table; the export is not timed. */
  copy(boot: string): Promise<{ readonly rows: number; readonly ms: number }>
  close(): Promise<void>
}

/** psql's own timing: it leaves the program's start and its connecting out. */
const psqlCopy = async (psql: string, databaseUrl: string, file: string): Promise<number> => {
  const args = ['-X', '-d', databaseUrl, '-v', 'ON_ERROR_STOP=1']
  const commands = ['-c', '\\timing on', '-c', `\\copy bench_copy FROM '${file}'`]
  const { stdout } = await promisify(execFile)(psql, [...args, ...commands], { timeout: COPY_TIMEOUT_MS })
  const ms = Number(/Time: ([\d.]+) ms/.exec(stdout)?.[1])
  if (!(ms > 0)) throw new Error(`psql gave no time: ${stdout}`)
  return ms
}

const streamCopy = async (client: Client, file: string): Promise<number> => {
  const startedAt = monotonicMs()
  await pipeline(createReadStream(file), client.query(copyFrom('COPY bench_copy FROM STDIN')))
  return monotonicMs() - startedAt
}

export const createCopyYardstick = async (databaseUrl: string, file: string): Promise<CopyYardstick> => {
  const client = new Client({ connectionString: databaseUrl, application_name: 'bench' })
  client.on('error', () => {}) // a lost connection shows in the next query
  await client.connect()
  await client.query('CREATE TABLE bench_copy (LIKE sensor_data INCLUDING ALL)')
  const psql = await findProgram('psql')

  const copy = async (boot: string) => {
    const rowsOf = `COPY (SELECT * FROM sensor_data WHERE boot = '${boot}') TO STDOUT`
    await pipeline(client.query(copyTo(rowsOf)), createWriteStream(file))
    await client.query('TRUNCATE bench_copy')
    const ms = await (psql === undefined ? streamCopy(client, file) : psqlCopy(psql, databaseUrl, file))
    const counted = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM bench_copy')
    return { rows: counted.rows[0]?.n ?? 0, ms }
  }
  return { name: psql === undefined ? 'COPY through pg' : 'psql \\copy', copy, close: () => client.end() }
}
