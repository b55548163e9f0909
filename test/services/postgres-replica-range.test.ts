import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { BridgeError } from '../../bridge/core/errors.ts'
import { createPostgresExport } from '../../bridge/stores/postgres-export.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { createPostgresRange } from '../../bridge/stores/postgres-range.ts'
import {
  createReplicaChoice,
  type ReplicaFallback,
  type StoredTo,
} from '../../bridge/stores/postgres-replica.ts'
import { createReplicaExport, createReplicaRange } from '../../bridge/stores/postgres-replica-range.ts'
import { id, readingOf, T } from '../contracts/sink-rows.ts'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'
import { insertReadings } from '../support/range-tables.ts'

let primary: MigratedDatabase
let replica: MigratedDatabase
let pools: readonly ReturnType<typeof createPostgresPool>[] = []
beforeAll(async () => {
  primary = await migratedDatabase()
  replica = await migratedDatabase()
  await insertReadings(primary, [readingOf('a', { ts: T, temperature: 1 })])
  await insertReadings(replica, [readingOf('a', { ts: T, temperature: 2 })])
  await replica.pool.query(`INSERT INTO ingest_cursor (spool_id, "offset") VALUES ('s', 10)`)
  pools = [primary, replica].map(({ url }) => createPostgresPool({ url }))
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  await Promise.all([primary?.drop(), replica?.drop()])
})

let storedTo: StoredTo | undefined
let fallbacks: ReplicaFallback[]
beforeEach(() => {
  storedTo = { spoolId: 's', offset: 10 }
  fallbacks = []
})

const open = (replicaUrl = replica.url) => {
  const [pool, replicaPool] = pools
  if (pool === undefined || replicaPool === undefined) throw new Error('no pools')
  const { choose } = createReplicaChoice({
    storedTo: () => storedTo,
    clock: () => T,
    random: () => 0,
    onFallback: (why) => fallbacks.push(why),
  })
  const onPrimary = createPostgresRange(pool)
  const away = replicaUrl === replica.url ? replicaPool : createPostgresPool({ url: replicaUrl })
  const ranges = createReplicaRange({ primary: onPrimary, pool: away, choose })
  const exports = createReplicaExport({
    primary: createPostgresExport(pool, { url: primary.url }),
    replica: createPostgresExport(away, { url: replicaUrl }),
    choose,
  })
  return { ranges, exports }
}

const asked = { deviceIds: [id('a')], metrics: ['temperature'], from: T, to: T + 1, points: 5 }
const wanted = { ...asked, format: 'ndjson', after: undefined, limit: undefined } as const
const answered = async ({ ranges }: ReturnType<typeof open>) =>
  ((await ranges.read(asked)) as unknown as { series: readonly { value: readonly number[] }[] }).series[0]
    ?.value[0]
const exportedBy = async ({ exports }: ReturnType<typeof open>) =>
  JSON.parse(await text(await exports.open(wanted, new AbortController().signal))).temperature

test('a replica that has what was stored answers', async () => {
  const both = open()
  expect([await answered(both), await exportedBy(both), fallbacks]).toEqual([2, 2, []])
})

test.each([
  ['lagging', { spoolId: 's', offset: 11 }],
  ['lagging', { spoolId: 'other', offset: 1 }],
  ['unknown', undefined],
] as const)('the primary answers for one that is %s', async (why, needed) => {
  storedTo = needed
  const both = open()
  expect([await answered(both), await exportedBy(both), fallbacks]).toEqual([1, 1, [why, why]])
  expect(both.exports.running).toBe(0)
})

test('the primary answers when the replica is away', async () => {
  const both = open('postgres://127.0.0.1:1/none')
  expect([await answered(both), await exportedBy(both), fallbacks]).toEqual([
    1,
    1,
    ['unavailable', 'unavailable'],
  ])
})

test('what would take too long on the primary as well is not asked there', async () => {
  const { choose } = createReplicaChoice({
    storedTo: () => storedTo,
    clock: () => T,
    random: () => 0,
    onFallback: (why) => fallbacks.push(why),
  })
  const slow = choose(() => Promise.reject(new BridgeError('TIMEOUT', 'slow')))
  await expect(slow).rejects.toMatchObject({ code: 'TIMEOUT' })
  expect(fallbacks).toEqual([])
})
