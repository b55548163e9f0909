/** A primary and a streaming replica of its own for a test, from the embedded binaries. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { eventually } from './eventually.ts'

const run = promisify(execFile)

export interface ReplicaPair {
  readonly primaryUrl: string
  readonly replicaUrl: string
  /** It receives changes and does not show them; or shows them again. */
  pauseReplay(): Promise<void>
  resumeReplay(): Promise<void>
  /** Resolves when it shows all that the primary has committed by now. */
  caughtUp(): Promise<void>
  stopReplica(): Promise<void>
  /** On the same port. */
  startReplica(): Promise<void>
  stop(): Promise<void>
}

const QUICK = { shared_buffers: '32MB', max_wal_size: '128MB', min_wal_size: '64MB' }

const query = async <T extends pg.QueryResultRow>(url: string, sql: string): Promise<T | undefined> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows[0]
  } finally {
    await client.end()
  }
}

/** The files of a stopped primary, as pg_basebackup would bring them: the binaries have no such program. */
const copyCluster = async (from: string, to: string): Promise<void> => {
  await mkdir(to)
  for (const name of ['postgres', 'postgres.password'])
    await run('cp', ['-a', join(from, name), join(to, name)])
  await writeFile(join(to, 'postgres/standby.signal'), '')
  // The folder may belong to another user than the one this runs as.
  await run('chown', ['--reference', join(to, 'postgres/PG_VERSION'), join(to, 'postgres/standby.signal')])
}

/** Resolves when the replica streams. */
export const startReplicaPair = async (): Promise<ReplicaPair> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-replica-'))
  const homes = { primary: join(folder, 'primary'), replica: join(folder, 'replica') }
  const primary = createEmbeddedPostgres({ dataDir: homes.primary, extraSettings: QUICK })
  // The second start has the port of the first: the replica is told of it once.
  await primary.start()
  await primary.stop()
  await copyCluster(homes.primary, homes.replica)
  const { url: primaryUrl } = await primary.start()
  const { port, password } = new URL(primaryUrl)
  const replica = createEmbeddedPostgres({
    dataDir: homes.replica,
    extraSettings: {
      ...QUICK,
      primary_conninfo: `host=127.0.0.1 port=${port} user=sluice password=${password}`,
      wal_retrieve_retry_interval: '200ms',
    },
  })
  const stop = async (): Promise<void> => {
    await replica.stop()
    await primary.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const replicaUrlNow = async (): Promise<string> =>
    (await readFile(join(homes.replica, 'postgres.url'), 'utf8')).trim()
  const start = async (): Promise<string> => {
    const { url } = await replica.start()
    await eventually(
      async () => ((await query(url, 'SELECT 1 FROM pg_stat_wal_receiver')) ?? false) !== false,
      20_000,
    )
    return url
  }
  try {
    const replicaUrl = await start()
    return {
      primaryUrl,
      replicaUrl,
      pauseReplay: async () => void (await query(replicaUrl, 'SELECT pg_wal_replay_pause()')),
      resumeReplay: async () => void (await query(replicaUrl, 'SELECT pg_wal_replay_resume()')),
      caughtUp: async () => {
        const { lsn = '' } =
          (await query<{ lsn: string }>(primaryUrl, 'SELECT pg_current_wal_lsn() AS lsn')) ?? {}
        const sql = `SELECT pg_last_wal_replay_lsn() >= '${lsn}'::pg_lsn AS there`
        await eventually(async () => (await query<{ there: boolean }>(replicaUrl, sql))?.there, 20_000)
      },
      stopReplica: () => replica.stop(),
      startReplica: async () => {
        await start()
        if ((await replicaUrlNow()) !== replicaUrl)
          throw new Error('the replica could not have its port again')
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
