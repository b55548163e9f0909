/** What `GET /api/v1/system/overview` tells of the program beside what the facade knows. */
import type { BridgeStats } from '../bridge/index.ts'
import type { DiskSpace } from './disk-space.ts'
import type { RollupLag, StorageTable, SystemFigures } from './facade/index.ts'
import type { Throughput } from './throughput.ts'

export interface SystemFiguresDeps {
  readonly stats: () => BridgeStats
  readonly spoolMaxBytes: number
  /** Infinity when the spool does not grow. */
  readonly secondsUntilFull: () => number
  readonly throughput: Pick<Throughput, 'rates' | 'lagMs'>
  readonly connections: () => SystemFigures['connections']
  readonly disk: () => Promise<DiskSpace | null>
  /** Both absent: no database is used. They may reject while it is away. */
  readonly storage?: (() => Promise<readonly StorageTable[]>) | undefined
  readonly rollups?: (() => Promise<RollupLag>) | undefined
}

/** How long Postgres may take to answer. */
const TIMEOUT_MS = 1_000

/** Null when it is not to be had in time. */
const orNull = async <T>(ask: (() => Promise<T>) | undefined): Promise<T | null> => {
  if (ask === undefined) return null
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), TIMEOUT_MS)
  })
  try {
    return await Promise.race([ask(), late])
  } catch {
    return null
  } finally {
    clearTimeout(timer)
  }
}

/** The figures of this moment. Never rejects. */
export const systemFigures = async (deps: SystemFiguresDeps): Promise<SystemFigures> => {
  const [disk, storage, rollups] = await Promise.all([
    deps.disk(),
    orNull(deps.storage),
    orNull(deps.rollups),
  ])
  const { spoolBytes: bytes, waitingRows, oldestSpooledMs: oldestMs, missing } = deps.stats()
  const untilFull = deps.secondsUntilFull()
  return {
    rates: deps.throughput.rates(),
    spool: {
      ...{ bytes, maxBytes: deps.spoolMaxBytes, waitingRows, oldestMs: Math.round(oldestMs) },
      secondsUntilFull: Number.isFinite(untilFull) ? untilFull : null,
    },
    drainLagMs: Math.round(Math.max(oldestMs, deps.throughput.lagMs())),
    missing,
    connections: deps.connections(),
    ...{ disk, storage, rollups },
  }
}
