/**
 * Who holds the cluster, decided from facts alone. Three things can be left behind by a crash: our owner file, the
 * postmaster.pid of Postgres, and a postmaster that lives on without us. A pid alone proves nothing, since pids are
 * used again; a process is known by its pid and identity (when it started, in which boot).
 */
export interface ProcessRef {
  readonly pid: number
  readonly identity: string
}

/** What `postgres.owner.json` says. */
export interface OwnerRecord {
  readonly owner: ProcessRef
  /** Epoch ms. */
  readonly claimedAt: number
  /** Absent while the owner is still preparing to start it. */
  readonly postmaster?: ProcessRef | undefined
}

/** What postmaster.pid says, and what its pid is now. */
export interface LockFacts {
  readonly pid: number
  /** Epoch ms, in whole seconds. */
  readonly startedAt: number | undefined
  /** `stranger`: the pid is used again, or its process is dead and only not yet reaped. */
  readonly process: 'gone' | 'stranger' | 'postgres-here'
  readonly identity: string | undefined
}

export interface Facts {
  readonly record: OwnerRecord | undefined
  readonly ownerAlive: boolean
  readonly lock: LockFacts | undefined
}

export type Decision =
  | { readonly action: 'start' }
  /** Postgres would believe the pid in it; it removes one of a dead process itself. */
  | { readonly action: 'remove-lock-then-start' }
  | { readonly action: 'stop-orphan-then-start'; readonly orphan: ProcessRef }
  | { readonly action: 'refuse'; readonly because: 'other-sluice' | 'foreign-postgres'; readonly pid: number }

/** A postmaster notes its start within this time of our claim, unless somebody else started it. */
const CLAIM_TO_START_MS = 30_000
/** postmaster.pid has whole seconds. */
const ROUNDING_MS = 1_000

export const decideOwnership = ({ record, ownerAlive, lock }: Facts): Decision => {
  if (record !== undefined && ownerAlive) {
    return { action: 'refuse', because: 'other-sluice', pid: record.owner.pid }
  }
  if (lock === undefined || lock.process === 'gone') return { action: 'start' }
  if (lock.process === 'stranger') return { action: 'remove-lock-then-start' }
  if (record !== undefined && lock.identity !== undefined && isOurs(record, lock, lock.identity)) {
    return { action: 'stop-orphan-then-start', orphan: { pid: lock.pid, identity: lock.identity } }
  }
  return { action: 'refuse', because: 'foreign-postgres', pid: lock.pid }
}

/** The owner may have died between starting the postmaster and noting it; then the times must fit. */
const isOurs = (record: OwnerRecord, lock: LockFacts, identity: string): boolean => {
  if (record.postmaster !== undefined) {
    return record.postmaster.pid === lock.pid && record.postmaster.identity === identity
  }
  if (lock.startedAt === undefined) return false
  const sinceClaim = lock.startedAt - record.claimedAt
  return sinceClaim >= -ROUNDING_MS && sinceClaim <= CLAIM_TO_START_MS
}

/** Undefined for anything but a whole record: a torn file proves nothing. */
export const parseOwnerRecord = (text: string): OwnerRecord | undefined => {
  const value = parseJson(text)
  if (!isObject(value) || !isProcessRef(value.owner) || typeof value.claimedAt !== 'number') return undefined
  const postmaster = value.postmaster
  return {
    owner: value.owner,
    claimedAt: value.claimedAt,
    postmaster: isProcessRef(postmaster) ? postmaster : undefined,
  }
}

/** The pid (negative for a standalone backend) and the start time, from lines 1 and 3 of postmaster.pid. */
export const parseLockFile = (
  text: string,
): { readonly pid: number; readonly startedAt: number | undefined } | undefined => {
  const lines = text.split('\n')
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10))
  const seconds = Number.parseInt(lines[2] ?? '', 10)
  if (!Number.isSafeInteger(pid) || pid === 0) return undefined
  return { pid, startedAt: Number.isSafeInteger(seconds) ? seconds * 1000 : undefined }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isProcessRef = (value: unknown): value is ProcessRef =>
  isObject(value) && Number.isSafeInteger(value.pid) && typeof value.identity === 'string'
