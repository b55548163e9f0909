import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Reading } from '../../bridge/core/reading.ts'
import { createPostgresHistory } from '../../bridge/stores/postgres-history.ts'
import { migrate } from '../../bridge/stores/postgres-migrate.ts'
import { createPartitions } from '../../bridge/stores/postgres-partitions.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import {
  createReplicaHistory,
  noteStored,
  type ReplicaFallback,
} from '../../bridge/stores/postgres-replica-history.ts'
import { createPostgresSink } from '../../bridge/stores/postgres-sink.ts'
import { historyReaderContract } from '../contracts/history-reader.ts'
import { batchOf, id, readingOf, T } from '../contracts/sink-rows.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { type ReplicaPair, startReplicaPair } from '../support/postgres-replica.ts'
import { freshDataDir, startSluice } from '../support/sluice.ts'

let pair: ReplicaPair
const cleanup = useCleanups()

beforeAll(async () => {
  pair = await startReplicaPair()
  await migrate(pair.primaryUrl)
}, 120_000)

afterAll(() => pair?.stop(), 60_000)

let spools = 0

/** A history on the pair, and a sink into its primary, with a spool of its own. */
const openHistory = async () => {
  const pool = createPostgresPool({ url: pair.primaryUrl })
  const replicaPool = createPostgresPool({ url: pair.replicaUrl, connectTimeoutMs: 2_000 })
  const partitions = createPartitions({ pool, clock: () => T })
  await partitions.ensureAhead()
  const raw = createPostgresSink({ partitions }, { url: pair.primaryUrl })
  const { sink, storedTo } = noteStored(raw)
  const fallbacks: ReplicaFallback[] = []
  let now = T
  const history = createReplicaHistory({
    primary: createPostgresHistory(pool),
    pool: replicaPool,
    storedTo,
    clock: () => now,
    random: () => 0,
    onFallback: (why) => fallbacks.push(why),
  })
  spools += 1
  const spoolId = `spool-${spools}`
  let offset = 0
  const store = async (readings: readonly Reading[]): Promise<void> => {
    const to = offset + readings.length
    await sink.store(batchOf(spoolId, offset, to, { readings }))
    offset = to
  }
  const end = async (): Promise<void> => {
    await pool.query('TRUNCATE sensor_data, ingest_cursor')
    await Promise.all([pool.end(), replicaPool.end(), raw.close()])
  }
  const later = (ms: number): void => {
    now += ms
  }
  return { history, store, sink, spoolId, fallbacks, later, end }
}

const open = async () => {
  const opened = await openHistory()
  cleanup(opened.end)
  return opened
}

historyReaderContract('A primary with a replica', async () => {
  const { history, store, end } = await openHistory()
  return { history, store, cleanup: end }
})

describe('history with a read replica', () => {
  const first = readingOf('a', { seq: 1 })
  const second = readingOf('a', { ts: T + 1_000, seq: 2 })

  test('is read from the replica when that has all that was stored', async () => {
    const { history, store, fallbacks } = await open()
    await store([first])
    await pair.caughtUp()
    expect((await history.recent(id('a'), 10)).map(({ seq }) => seq)).toEqual([1])
    expect((await history.newest([id('a')])).map(({ seq }) => seq)).toEqual([1])
    expect(history.reads()).toEqual({ replica: 2, lagging: 0, unavailable: 0, unknown: 0 })
    expect(fallbacks).toEqual([])
  })

  test('lacks nothing that this process stored while the replica lags behind', async () => {
    const { history, store, fallbacks } = await open()
    await store([first])
    await pair.caughtUp()
    await pair.pauseReplay()
    cleanup(pair.resumeReplay)
    await store([second])
    expect((await history.recent(id('a'), 10)).map(({ seq }) => seq)).toEqual([2, 1])
    expect(fallbacks).toEqual(['lagging'])
    await pair.resumeReplay()
    await pair.caughtUp()
    expect((await history.recent(id('a'), 10)).map(({ seq }) => seq)).toEqual([2, 1])
    expect(history.reads()).toMatchObject({ replica: 1, lagging: 1 })
  })

  test('is read from the primary while the replica is away, and the replica is not asked each time', async () => {
    const { history, store, fallbacks, later } = await open()
    await store([first])
    await pair.stopReplica()
    cleanup(pair.startReplica)
    for (let read = 0; read < 3; read++) expect(await history.recent(id('a'), 10)).toHaveLength(1)
    expect(fallbacks).toEqual(['unavailable', 'unavailable', 'unavailable'])
    await pair.startReplica()
    expect(await history.recent(id('a'), 10)).toHaveLength(1)
    expect(history.reads()).toMatchObject({ replica: 0, unavailable: 4 })
    later(60_000)
    await pair.caughtUp()
    expect(await history.recent(id('a'), 10)).toHaveLength(1)
    expect(history.reads().replica).toBe(1)
  }, 60_000)

  test('is read from the primary until it is known how far the spool is stored', async () => {
    const { history, sink, spoolId, fallbacks } = await open()
    expect(await history.recent(id('a'), 10)).toEqual([])
    expect(fallbacks).toEqual(['unknown'])
    await sink.cursor(spoolId)
    expect(await history.recent(id('a'), 10)).toEqual([])
    expect(history.reads().replica).toBe(1)
  })
})

describe('a Sluice with a read replica', () => {
  const start = async () => {
    const { dataDir, cleanup: remove } = await freshDataDir()
    cleanup(remove)
    const urls = { DATABASE_URL: pair.primaryUrl, DATABASE_READ_URL: pair.replicaUrl }
    const sluice = await startSluice({
      DATA_DIR: dataDir,
      ...urls,
      RATE_LIMIT_MAX: '1000000',
    })
    cleanup(() => sluice.end('SIGTERM'))
    const health = async () =>
      (await (await fetch(`${sluice.http}/health`)).json()) as {
        readonly degraded: readonly string[]
        readonly parts: { readonly replica?: { readonly ok: boolean; readonly lagSeconds?: number } }
      }
    const reads = async (from: string): Promise<number> => {
      const text = await (await fetch(`${sluice.http}/metrics`)).text()
      return Number(
        new RegExp(`^sluice_history_reads_total\\{from="${from}"\\} (\\d+)$`, 'm').exec(text)?.[1],
      )
    }
    return { sluice, health, reads }
  }

  test('reads history there, tells of it in its health, and goes on without it', async () => {
    const { sluice, health, reads } = await start()
    let devices = 0
    /** Of another device each time: what was asked for once is in memory. */
    const list = async (): Promise<number> => {
      devices += 1
      return (await fetch(`${sluice.http}/api/v1/sensor-data?deviceId=board-${devices}`)).status
    }
    expect((await health()).parts.replica).toMatchObject({ ok: true, lagSeconds: expect.any(Number) })
    await eventually(async () => (await list()) === 200 && (await reads('replica')) > 0, 15_000)
    await pair.stopReplica()
    cleanup(pair.startReplica)
    await eventually(async () => (await health()).degraded.includes('replica'), 15_000)
    await eventually(async () => (await list()) === 200 && (await reads('primary_unavailable')) > 0, 15_000)
    const told = sluice.log.filter(({ msg }) => String(msg).startsWith('the read replica cannot answer'))
    expect(told.length).toBeGreaterThan(0)
    expect(JSON.stringify(sluice.log)).not.toContain(new URL(pair.replicaUrl).password)
  }, 90_000)
})
