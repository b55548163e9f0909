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
  /** Both absent: no database is used. Null: it is away. Neither rejects, nor takes long. */
  readonly storage: (() => Promise<readonly StorageTable[] | null>) | undefined
  readonly rollups: (() => Promise<RollupLag | null>) | undefined
}

/** The figures of this moment. Never rejects. */
export const systemFigures = async (deps: SystemFiguresDeps): Promise<SystemFigures> => {
  const [disk, storage = null, rollups = null] = await Promise.all([
    deps.disk(),
    deps.storage?.(),
    deps.rollups?.(),
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
