/**
 * A Postgres that belongs to one world. Owns the cluster's processes: whatever a fault did to them, `close` thaws and
 * stops them. Its port stays the same over every start.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import type { OwnPostgres } from './world.ts'

export interface RunningPostgres extends OwnPostgres {
  /** Past every proxy; secret, but for loopback only. */
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

export interface OwnPostgresOptions {
  /** A cluster that is there already is used again. */
  readonly folder: string
  readonly port: number
  /** Absent: few, so that they can all be taken; one Sluice needs about ten. */
  readonly maxConnections?: number
}

const MAX_CONNECTIONS = 24
const SETTINGS = {
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  min_wal_size: '80MB',
}

const parentOf = async (pid: string): Promise<number | undefined> => {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The second field is the program's name in parentheses and may hold anything.
  const parent = line?.slice(line.lastIndexOf(')') + 2).split(' ')[1]
  return parent === undefined ? undefined : Number(parent)
}

/** The processes that a process has made. */
const childrenOf = async (pid: number): Promise<readonly number[]> => {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const parents = await Promise.all(all.map(parentOf))
  return all.filter((_, index) => parents[index] === pid).map(Number)
}

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended meanwhile.
  }
}

/** Starts it; rejects when it does not get the port it is to have. */
export const startOwnPostgres = async (options: OwnPostgresOptions): Promise<RunningPostgres> => {
  const { folder, port, maxConnections = MAX_CONNECTIONS } = options
  await mkdir(folder, { recursive: true })
  // Where the embedded Postgres looks for the port it had.
  await writeFile(join(folder, 'postgres.url'), `postgres://127.0.0.1:${port}/\n`)
  const postgres = createEmbeddedPostgres({
    dataDir: folder,
    extraSettings: { ...SETTINGS, max_connections: `${maxConnections}` },
  })
  const { url } = await postgres.start()

  const assertPort = (now: string): void => {
    if (Number(new URL(now).port) !== port) throw new Error(`Postgres could not have port ${port}`)
  }

  /** The postmaster first: a stopped one makes no more children. */
  const freeze = async (): Promise<void> => {
    const { pid } = postgres
    if (pid === undefined) throw new Error('Postgres does not run: nothing to freeze')
    send(pid, 'SIGSTOP')
    for (const child of await childrenOf(pid)) send(child, 'SIGSTOP')
  }

  const thaw = async (): Promise<void> => {
    const { pid } = postgres
    if (pid === undefined) return
    for (const child of await childrenOf(pid)) send(child, 'SIGCONT')
    send(pid, 'SIGCONT')
  }

  const crash = async (): Promise<void> => {
    const { pid } = postgres
    if (pid === undefined) return
    await new Promise<void>((resolve) => {
      const forget = postgres.onExit(() => {
        forget()
        resolve()
      })
      send(pid, 'SIGQUIT')
    })
  }

  assertPort(url)
  return {
    url,
    port,
    stop: (mode) => (mode === 'fast' ? postgres.stop() : crash()),
    start: async () => assertPort((await postgres.start()).url),
    freeze,
    thaw,
    close: async () => {
      await thaw()
      await postgres.stop()
    },
  }
}
