/** Which process a pid is at this moment: a pid alone may be used again by another program. */
import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { errorCode } from '../error-code.ts'
import type { ProcessRef } from './owner.ts'

const run = promisify(execFile)

/** Where the platform (or its settings) hides the start time: then the pid is all there is to go by. */
const UNKNOWN = 'unknown'

/** When the process started, and in which boot; undefined when it is gone or a zombie. */
export const processIdentity = async (pid: number): Promise<string | undefined> => {
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    if (line !== undefined) return linuxIdentity(line)
  } else if (process.platform !== 'win32') {
    const started = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined)
    if (started !== undefined && started.stdout.trim() !== '') return started.stdout.trim()
  }
  return pidExists(pid) ? UNKNOWN : undefined
}

const linuxIdentity = async (line: string): Promise<string | undefined> => {
  // The second field is the program's name in parentheses and may hold anything; proc(5) counts from 1.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const [state, startTicks] = [fields[0], fields[19]]
  if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return `${boot.trim()}:${startTicks}`
}

/** True for a zombie too: the pid is taken. */
export const pidExists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/** True when exactly this process still runs (or, where nothing can be known, its pid is taken). */
export const isRunning = async (ref: ProcessRef): Promise<boolean> => {
  const identity = await processIdentity(ref.pid)
  return identity !== undefined && (identity === ref.identity || identity === UNKNOWN)
}

/** True when the process is a Postgres whose data is this folder; in doubt, any Postgres counts. */
export const isPostgresOf = async (pid: number, clusterDir: string): Promise<boolean> => {
  const name = await programName(pid)
  if (name !== undefined && !/post(gres|master)/.test(name)) return false
  // By inode: a bind mount gives the same folder another path.
  const [itsFolder, folder] = await Promise.all([
    stat(`/proc/${pid}/cwd`).catch(() => undefined),
    stat(clusterDir).catch(() => undefined),
  ])
  if (itsFolder === undefined || folder === undefined) return true
  return itsFolder.dev === folder.dev && itsFolder.ino === folder.ino
}

const programName = async (pid: number): Promise<string | undefined> => {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/comm`, 'utf8').catch(() => undefined)
  if (process.platform === 'win32') return undefined
  return run('ps', ['-o', 'comm=', '-p', String(pid)]).then(
    (result) => result.stdout,
    () => undefined,
  )
}
