/**
 * The claim on DATA_DIR: `postgres.owner.json` names this process and its postmaster, so that the next start knows
 * what it finds. Postgres' own postmaster.pid stays the last word: two claims at once still make one server.
 */
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { errorCode } from '../error-code.ts'
import { embeddedFailure } from './failure.ts'
import { type Paths, readIfThere } from './files.ts'
import {
  type Decision,
  decideOwnership,
  type LockFacts,
  type OwnerRecord,
  type ProcessRef,
  parseLockFile,
  parseOwnerRecord,
} from './owner.ts'
import { isPostgresOf, isRunning, pidExists, processIdentity } from './process-identity.ts'

export interface Claim {
  /** Notes which postmaster is ours. */
  notePostmaster(pid: number): Promise<void>
  release(): Promise<void>
}

const ATTEMPTS = 5
const FAST_STOP_MS = 30_000
const IMMEDIATE_STOP_MS = 10_000
const POLL_MS = 25

/** Stops what an earlier process of ours left running. Throws EMBEDDED_POSTGRES when somebody else holds the folder. */
export const claimFolder = async (paths: Paths): Promise<Claim> => {
  const record: OwnerRecord = { owner: await self(), claimedAt: Date.now() }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    await clearTheWay(paths)
    if (await createExclusively(paths.owner, record)) return heldClaim(paths, record)
  }
  throw embeddedFailure(`Others keep starting in ${paths.dataDir}; each Sluice needs its own DATA_DIR.`)
}

const self = async (): Promise<ProcessRef> => ({
  pid: process.pid,
  identity: (await processIdentity(process.pid)) ?? '',
})

const heldClaim = (paths: Paths, record: OwnerRecord): Claim => ({
  notePostmaster: async (pid) => {
    const identity = await processIdentity(pid)
    if (identity === undefined) return
    const unfinished = `${paths.owner}.${process.pid}.tmp`
    await writeFile(unfinished, toText({ ...record, postmaster: { pid, identity } }))
    await rename(unfinished, paths.owner)
  },
  release: () => rm(paths.owner, { force: true }),
})

const toText = (record: OwnerRecord): string => `${JSON.stringify(record)}\n`

const createExclusively = async (file: string, record: OwnerRecord): Promise<boolean> => {
  try {
    await writeFile(file, toText(record), { flag: 'wx' })
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

const clearTheWay = async (paths: Paths): Promise<void> => {
  const recordText = await readIfThere(paths.owner)
  const record = recordText === undefined ? undefined : parseOwnerRecord(recordText)
  const decision = decideOwnership({
    record,
    ownerAlive: record !== undefined && (await isRunning(record.owner)),
    lock: await readLock(paths.cluster),
  })
  await carryOut(decision, paths)
  // Only the record that was judged: another process may have put its own there meanwhile.
  if (recordText !== undefined && (await readIfThere(paths.owner)) === recordText) await rm(paths.owner)
}

const carryOut = async (decision: Decision, paths: Paths): Promise<void> => {
  if (decision.action === 'refuse') throw refusal(decision.because, decision.pid, paths)
  if (decision.action === 'stop-orphan-then-start') await stopOrphan(decision.orphan, paths)
  if (decision.action === 'remove-lock-then-start') await rm(lockFile(paths.cluster), { force: true })
}

const refusal = (because: 'other-sluice' | 'foreign-postgres', pid: number, paths: Paths) =>
  because === 'other-sluice'
    ? embeddedFailure(
        `Another Sluice (pid ${pid}) is using DATA_DIR ${paths.dataDir}. Stop it, or set another DATA_DIR.`,
      )
    : embeddedFailure(
        `${paths.cluster} is used by a Postgres that Sluice did not start (pid ${pid}). ` +
          'Stop it, or set another DATA_DIR, or set DATABASE_URL to use it.',
      )

const lockFile = (clusterDir: string): string => join(clusterDir, 'postmaster.pid')

const readLock = async (clusterDir: string): Promise<LockFacts | undefined> => {
  const text = await readIfThere(lockFile(clusterDir))
  const lock = text === undefined ? undefined : parseLockFile(text)
  if (lock === undefined) return undefined
  const identity = await processIdentity(lock.pid)
  if (identity === undefined) return { ...lock, identity, process: pidExists(lock.pid) ? 'stranger' : 'gone' }
  const isHere = await isPostgresOf(lock.pid, clusterDir)
  return { ...lock, identity, process: isHere ? 'postgres-here' : 'stranger' }
}

const stopOrphan = async (orphan: ProcessRef, paths: Paths): Promise<void> => {
  const steps = [
    { signal: 'SIGINT', waitMs: FAST_STOP_MS },
    { signal: 'SIGQUIT', waitMs: IMMEDIATE_STOP_MS },
  ] as const
  for (const { signal, waitMs } of steps) {
    signalProcess(orphan.pid, signal)
    if (await endsWithin(orphan, waitMs)) return
  }
  throw embeddedFailure(
    `The Postgres (pid ${orphan.pid}) that an earlier Sluice left running in ${paths.cluster} does not stop.`,
  )
}

const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') {
      throw embeddedFailure(
        `The Postgres (pid ${pid}) that an earlier Sluice left running cannot be stopped (${errorCode(error)}): ` +
          'another user started it. Stop it, or start Sluice as that user.',
        error,
      )
    }
  }
}

const endsWithin = async (ref: ProcessRef, ms: number): Promise<boolean> => {
  const deadline = performance.now() + ms
  while (await isRunning(ref)) {
    if (performance.now() > deadline) return false
    await delay(POLL_MS)
  }
  return true
}
