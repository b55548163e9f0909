/** One start: from a claimed folder to a server that answers, or an error and nothing left behind. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Binaries, loadBinaries } from './binaries.ts'
import type { Claim } from './claim.ts'
import { prepareCluster } from './cluster.ts'
import { embeddedFailure } from './failure.ts'
import { type Paths, readIfThere, writeSecret } from './files.ts'
import { freePort, portOf } from './port.ts'
import { type Postmaster, startPostmaster } from './postmaster.ts'
import { waitUntilReady } from './ready.ts'
import { chooseRunAs } from './run-as.ts'

export interface LaunchOptions {
  readonly paths: Paths
  readonly claim: Claim
  readonly signal: AbortSignal
  readonly extraSettings: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

export interface Launched {
  readonly postmaster: Postmaster
  readonly url: string
  readonly version: string
}

/** Crash recovery of 2 GB of log takes longer than this only on a very slow disk. */
const READY_MS = 60_000
/** Backends of a postmaster that was killed notice and end by themselves, but not at once. */
const RETRY_FOR_MS = 10_000
const RETRY_MS = 200
/** SQLSTATE lock_file_exists: another postmaster, or backends of a dead one, still use the folder. */
const LOCK_FILE_EXISTS = 'F0001 '

export const launch = async (options: LaunchOptions): Promise<Launched> => {
  const { paths, signal } = options
  const binaries: Binaries = await loadBinaries()
  const runAs = await chooseRunAs(paths.cluster)
  const password = await prepareCluster(paths, { binaries, runAs, signal })
  const start = (port: number) =>
    startPostmaster({ ...options, binaries, runAs, clusterDir: paths.cluster, port })
  const retryUntil = performance.now() + RETRY_FOR_MS
  let port = await freePort(portOf(await readIfThere(paths.url).catch(() => undefined)))
  while (true) {
    signal.throwIfAborted()
    const url = `postgres://sluice:${password}@127.0.0.1:${port}/sluice`
    const postmaster = start(port)
    const version = await settle(postmaster, url, options)
    if (version !== undefined) return { postmaster, url, version }
    // Somebody may have taken the port after it was found free.
    const nextPort = await freePort(port)
    const mayPass = nextPort !== port || hasLockConflict(postmaster.lastLines())
    if (!mayPass || performance.now() > retryUntil) throw await exitFailure(postmaster)
    port = nextPort
    await delay(RETRY_MS)
  }
}

/** The version when the server answers; undefined when the process ended by itself instead. */
const settle = async (
  postmaster: Postmaster,
  url: string,
  { claim, paths, signal }: LaunchOptions,
): Promise<string | undefined> => {
  const ended = new AbortController()
  void postmaster.exited.then(() => ended.abort())
  try {
    if (postmaster.pid !== undefined) await claim.notePostmaster(postmaster.pid)
    const either = AbortSignal.any([signal, ended.signal])
    const version = await waitUntilReady({ url, postmaster, signal: either, timeoutMs: READY_MS })
    await writeSecret(paths.url, `${url}\n`)
    return version
  } catch (error) {
    if (ended.signal.aborted && !signal.aborted) return undefined
    await postmaster.stop()
    throw error
  }
}

const hasLockConflict = (lines: readonly string[]): boolean =>
  lines.some((line) => line.startsWith(LOCK_FILE_EXISTS))

const exitFailure = async (postmaster: Postmaster) => {
  const { code, signal, lastLines } = await postmaster.exited
  const how = signal === null ? `exit code ${code}` : signal
  return embeddedFailure([`The embedded Postgres ended while starting (${how}):`, ...lastLines].join('\n'))
}
