import { expect, test } from '@jest/globals'
import type { BridgeStats } from '../../../bridge/index.ts'
import { type SystemFiguresDeps, systemFigures } from '../../../src/system-figures.ts'

const RATES = { messagesPerSecond: 3, readingsPerSecond: 2, storedPerSecond: 1 }
const STATS = { spoolBytes: 5, waitingRows: 7, oldestSpooledMs: 40, missing: 2 } as BridgeStats
const DISK = { freeBytes: 10, totalBytes: 100 }

const figures = (deps: Partial<SystemFiguresDeps> = {}) =>
  systemFigures({
    stats: () => STATS,
    spoolMaxBytes: 50,
    secondsUntilFull: () => Number.POSITIVE_INFINITY,
    throughput: { rates: () => RATES, lagMs: () => 30 },
    connections: () => ({ mqtt: 1, http: 2 }),
    disk: async () => DISK,
    storage: undefined,
    rollups: undefined,
    ...deps,
  })

test('everything is told, and without a database its part is null', async () => {
  expect(await figures()).toEqual({
    rates: RATES,
    spool: { bytes: 5, maxBytes: 50, waitingRows: 7, oldestMs: 40, secondsUntilFull: null },
    drainLagMs: 40,
    missing: 2,
    connections: { mqtt: 1, http: 2 },
    disk: DISK,
    storage: null,
    rollups: null,
  })
})

test('a spool that grows tells when it is full; the lag is the greater of the last batch and the oldest row', async () => {
  const throughput = { rates: () => RATES, lagMs: () => 90 }
  expect(await figures({ secondsUntilFull: () => 60, throughput })).toMatchObject({
    spool: { secondsUntilFull: 60 },
    drainLagMs: 90,
  })
})

test('what Postgres knows is told, and null while it is away', async () => {
  const table = {
    table: 'raw' as const,
    bytes: 1,
    partitions: 2,
    oldest: null,
    retentionDays: 90,
    nextDropAt: null,
  }
  const lag = { behindMs: 12, marks: 0 }
  expect(await figures({ storage: async () => [table], rollups: async () => lag })).toMatchObject({
    storage: [table],
    rollups: lag,
  })
  expect(await figures({ storage: async () => null, rollups: async () => null })).toMatchObject({
    ...{ storage: null, rollups: null, disk: DISK },
  })
})
