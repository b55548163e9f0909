/** What the tests of the embedded Postgres share: folders, servers and another process that holds one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { Client } from 'pg'
import { createEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { processIdentity } from '../../src/embedded-postgres/process-identity.ts'

const HOLDER = resolve(import.meta.dirname, '../../dist/test/support/embedded-postgres-holder.js')

export interface Holder {
  readonly child: ChildProcess
  readonly url: string
  readonly postmasterPid: number
  nextLine(): Promise<string>
}

export interface PostgresKit {
  freshFolder(): Promise<string>
  /** A folder with a cluster that some start made; initdb takes longer than all the rest of a test. */
  usedFolder(): Promise<string>
  /** Not started; stopped by `cleanUp`. */
  embeddedIn(dataDir: string): EmbeddedPostgres
  /** Another process, in its own group as one of a terminal would be, that holds a server in this folder. */
  startHolder(dataDir: string): Promise<Holder>
  /** For what a test itself made; the newest is undone first. */
  onCleanUp(undo: () => Promise<unknown>): void
  /** After each test. */
  cleanUp(): Promise<void>
  /** After the last. */
  removeUsedFolder(): Promise<void>
}

export const createPostgresKit = (): PostgresKit => {
  const undos: (() => Promise<unknown>)[] = []
  let used: string | undefined
  return {
    freshFolder: async () => {
      const folder = await newFolder()
      undos.push(() => removeFolder(folder))
      return folder
    },
    usedFolder: async () => {
      used ??= await madeCluster()
      return used
    },
    embeddedIn: (dataDir) => {
      const postgres = createEmbeddedPostgres({ dataDir, extraSettings: { shared_buffers: '16MB' } })
      undos.push(() => postgres.stop())
      return postgres
    },
    startHolder: (dataDir) => startHolder(dataDir, (undo) => undos.push(undo)),
    onCleanUp: (undo) => {
      undos.push(undo)
    },
    cleanUp: async () => {
      for (const undo of undos.splice(0).reverse()) await undo()
    },
    removeUsedFolder: async () => {
      if (used !== undefined) await removeFolder(used)
    },
  }
}

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'sluice-postgres-'))

const removeFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 20 })

const madeCluster = async (): Promise<string> => {
  const dataDir = await newFolder()
  const postgres = createEmbeddedPostgres({ dataDir })
  await postgres.start()
  await postgres.stop()
  return dataDir
}

const startHolder = async (
  dataDir: string,
  onCleanUp: (undo: () => Promise<unknown>) => void,
): Promise<Holder> => {
  const child = spawn(process.execPath, [HOLDER, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  onCleanUp(() => killAndWait(child))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextLine = async () => String((await lines.next()).value)
  const { url, postmasterPid } = JSON.parse(await nextLine()) as { url: string; postmasterPid: number }
  onCleanUp(() => endPostmaster(postmasterPid))
  return { child, url, postmasterPid, nextLine }
}

const endPostmaster = async (pid: number): Promise<void> => {
  if ((await processIdentity(pid)) === undefined) return
  process.kill(pid, 'SIGQUIT')
  await untilGone(pid)
}

/** As `kill -9` does; resolves when the process is gone. */
export const killAndWait = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL')
  if (child.pid !== undefined) await untilGone(child.pid)
}

const untilGone = async (pid: number): Promise<void> => {
  while ((await processIdentity(pid)) !== undefined) await delay(10)
}

/** The first column of the first row. */
export const ask = async (url: string, sql: string): Promise<unknown> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Readonly<Record<string, unknown>>>(sql)
    return Object.values(rows?.[0] ?? {})[0]
  } finally {
    await client.end()
  }
}

/** What a refusal with this message looks like. */
export const refused = (message: RegExp) => ({
  name: 'BridgeError',
  code: 'EMBEDDED_POSTGRES',
  message: expect.stringMatching(message) as unknown,
})
