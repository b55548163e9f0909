/**
 * As whom Postgres runs. It refuses to run as root, so root runs it in a user namespace: inside it the process has no
 * mapped user and no privileges, yet the files stay root's and every folder root can reach can be reached. Where the
 * kernel does not allow that (some containers), it runs as an unprivileged user who then owns the cluster.
 */
import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process'
import { chown, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { embeddedFailure } from './failure.ts'

export type RunAs =
  | { readonly kind: 'self' }
  | { readonly kind: 'namespace' }
  | { readonly kind: 'user'; readonly uid: number; readonly gid: number }

const run = promisify(execFile)

/** Nothing of ours leaks in: PGDATA, PGPORT or a locale would change what Postgres does. */
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' }

const WAY_OUT =
  'Start Sluice as a normal user, or set DATA_DIR to a folder that such a user can reach, or set DATABASE_URL.'

/**
 * Decides for this process and this cluster folder (which need not exist yet).
 * Throws EMBEDDED_POSTGRES when root has nobody to run it as.
 */
export const chooseRunAs = async (clusterDir: string): Promise<RunAs> => {
  if (process.getuid?.() !== 0) return { kind: 'self' }
  const owner = await lstat(clusterDir).catch(() => undefined)
  if (owner !== undefined && owner.uid !== 0) return { kind: 'user', uid: owner.uid, gid: owner.gid }
  if (await canUseNamespace()) return { kind: 'namespace' }
  const user = (await findUser('postgres')) ?? (await findUser('nobody'))
  if (user !== undefined) return user
  throw embeddedFailure(`Postgres does not run as root, and there is no other user to run it as. ${WAY_OUT}`)
}

const canUseNamespace = (): Promise<boolean> =>
  run('unshare', ['-U', 'true'], { env: environment }).then(
    () => true,
    () => false,
  )

const findUser = async (name: string): Promise<RunAs | undefined> => {
  const ask = async (flag: string) => Number((await run('id', [flag, name], { env: environment })).stdout)
  return Promise.all([ask('-u'), ask('-g')]).then(
    ([uid, gid]) => ({ kind: 'user', uid, gid }),
    () => undefined,
  )
}

/** Starts a program; the child's pid is the program's own, since `unshare` replaces itself with it. */
export const spawnAs = (
  runAs: RunAs,
  command: readonly [string, ...string[]],
  options: SpawnOptions,
): ChildProcess => {
  // Away from a working directory that another user cannot enter.
  const withEnvironment = { ...options, env: environment, cwd: '/' }
  const [program, ...args] = command
  if (runAs.kind === 'namespace') return spawn('unshare', ['-U', program, ...args], withEnvironment)
  if (runAs.kind === 'user')
    return spawn(program, args, { ...withEnvironment, uid: runAs.uid, gid: runAs.gid })
  return spawn(program, args, withEnvironment)
}

export interface Output {
  readonly ok: boolean
  /** Both streams, in the order they came. */
  readonly text: string
}

/** Runs a program to its end; an abort kills it, and then it is not `ok`. */
export const outputAs = (
  runAs: RunAs,
  command: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<Output> =>
  new Promise((resolve) => {
    let text = ''
    const child = spawnAs(runAs, command, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, signal })
    const collect = (chunk: Buffer) => {
      text += chunk.toString()
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.on('error', (error) => {
      // An abort is an error too, but the end of the program is still to come.
      if (child.pid === undefined) resolve({ ok: false, text: error.message })
    })
    child.on('close', (code) => resolve({ ok: code === 0, text: text.trim() }))
  })

/** Gives the folder and all in it to the user; the top comes last, so a crash half-way is seen and done again. */
export const handOver = async (runAs: RunAs, path: string): Promise<void> => {
  if (runAs.kind !== 'user') return
  const status = await lstat(path)
  if (status.uid === runAs.uid) return
  if (status.isDirectory()) for (const name of await readdir(path)) await handOver(runAs, join(path, name))
  if (!status.isSymbolicLink()) await chown(path, runAs.uid, runAs.gid)
}

/** Throws EMBEDDED_POSTGRES when the other user cannot enter the folder, for instance below a root-only one. */
export const checkReach = async (runAs: RunAs, folder: string, signal: AbortSignal): Promise<void> => {
  if (runAs.kind !== 'user') return
  const reached = await outputAs(runAs, ['/bin/sh', '-c', 'cd "$1" && test -w .', 'sh', folder], signal)
  if (reached.ok) return
  throw embeddedFailure(
    `Postgres does not run as root, and the user it would run as (uid ${runAs.uid}) cannot use ${folder}. ${WAY_OUT}`,
  )
}

/** The binaries' version, such as "18.4"; throws EMBEDDED_POSTGRES when they cannot be run. */
export const binariesVersion = async (
  runAs: RunAs,
  postgres: string,
  signal: AbortSignal,
): Promise<string> => {
  const answer = await outputAs(runAs, [postgres, '--version'], signal)
  const version = /\(PostgreSQL\) (\d+\S*)/.exec(answer.text)?.[1]
  if (answer.ok && version !== undefined) return version
  const advice = runAs.kind === 'user' ? ` It was run as uid ${runAs.uid}. ${WAY_OUT}` : ' Set DATABASE_URL.'
  throw embeddedFailure(`The Postgres binary ${postgres} cannot be run: ${answer.text}.${advice}`)
}
