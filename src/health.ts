/** What `GET /health` tells: which parts are well, and whether messages are taken in. */
import type { BridgeStats, HealthReport, PartHealth } from '../bridge/index.ts'
import type { Addresses } from './addresses.ts'

export interface HealthDeps {
  readonly stats: () => BridgeStats
  readonly spoolMaxBytes: number
  readonly connections: () => number
  /** Where it listens; undefined while it does not. */
  readonly listening: () => Addresses | undefined
  /** Absent: the broker is embedded. */
  readonly external?: (() => PartHealth) | undefined
  /** Absent: USEDB=false. */
  readonly database: (() => Promise<PartHealth>) | undefined
  /** Absent: no DATABASE_READ_URL. */
  readonly replica?: (() => Promise<PartHealth>) | undefined
  /** Absent: no REDIS_URL. */
  readonly redis: (() => boolean) | undefined
}

const spoolMessage = ({ full, failing }: BridgeStats): string => {
  if (failing) return 'the spool cannot be written and acks are held: free disk space, or look at the log'
  if (full) return 'the spool is full: bring Postgres back, free disk space or raise SPOOL_MAX_BYTES'
  return 'takes rows'
}

const spoolHealth = ({ stats, spoolMaxBytes }: HealthDeps): PartHealth => {
  const now = stats()
  const { spoolBytes: bytes, pendingBytes, waitingRows } = now
  const ok = !now.full && !now.failing
  return { ok, message: spoolMessage(now), bytes, maxBytes: spoolMaxBytes, pendingBytes, waitingRows }
}

const brokerHealth = ({ listening, connections, external }: HealthDeps): PartHealth => {
  const addresses = listening()
  if (external !== undefined) return { ...addresses, ...external() }
  return addresses === undefined
    ? { ok: false, message: 'not listening', connections: 0 }
    : {
        ok: true,
        message: 'listening',
        connections: connections(),
        ...addresses,
      }
}

/** The report of this moment. */
export const reportHealth = async (deps: HealthDeps): Promise<HealthReport> => {
  const parts: Record<string, PartHealth> = { broker: brokerHealth(deps), spool: spoolHealth(deps) }
  if (deps.database !== undefined) parts.database = await deps.database()
  if (deps.replica !== undefined) parts.replica = await deps.replica()
  if (deps.redis !== undefined) {
    const ok = deps.redis()
    parts.redis = {
      ok,
      message: ok
        ? 'connected'
        : 'Redis is away or refuses to be written: latest values are served from memory',
    }
  }
  const degraded = Object.keys(parts).filter((name) => parts[name]?.ok === false)
  return {
    live: true,
    // Without its external broker it still takes what comes over HTTP.
    ready: deps.listening() !== undefined && parts.spool?.ok === true,
    degraded,
    parts,
  }
}
