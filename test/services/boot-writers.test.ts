import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Reading } from '../../bridge/core/reading.ts'
import type { BootClaim } from '../../bridge/core/unverified.ts'
import type { ReadingSink } from '../../bridge/ports.ts'
import { batchOf, id, readingOf, T } from '../contracts/sink-rows.ts'
import {
  emptyTables,
  type MigratedDatabase,
  migratedDatabase,
  numberOf,
  sinkInto,
} from '../support/postgres-stores.ts'

let database: MigratedDatabase
let one: ReadingSink & { close(): Promise<void> }
let two: ReadingSink & { close(): Promise<void> }

beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.drop())
beforeEach(() => {
  one = sinkInto(database, { isShared: true })
  two = sinkInto(database, { isShared: true })
})
afterEach(async () => {
  await Promise.all([one.close(), two.close()])
  await emptyTables(database)
})

const rows = (from: number, to: number): readonly Reading[] =>
  Array.from({ length: to - from }, (_, at) =>
    readingOf('a', { boot: 'b', seq: from + at, ts: T + (from + at) * 1_000 }),
  )
/** Of a node to which the boot is new. */
const NEW: readonly BootClaim[] = [{ deviceId: id('a'), boot: 'b', oldest: T, leaseFrom: 0, leaseSince: T }]
const stored = (): Promise<number> => numberOf(database, 'SELECT count(*) FROM sensor_data')
const distinct = (): Promise<number> => numberOf(database, 'SELECT count(DISTINCT seq) FROM sensor_data')

test('a board that moves and sends again is stored once, whichever node stores first', async () => {
  await one.store(batchOf('one', 0, 10, { readings: rows(0, 10), boots: NEW }))
  // Spooled at the first node and not stored yet: 10 … 19. The board moves and sends 8 … 24 to the second.
  const late = await two.store(batchOf('two', 0, 17, { readings: rows(8, 25), boots: NEW }))
  expect(late.resent.get(id('a'))).toBe(2)
  // The first node is sure of what it has: it asks for nothing.
  const own = await one.store(batchOf('one', 10, 20, { readings: rows(10, 20) }))
  expect(own.resent.get(id('a'))).toBe(10)
  // And back, and forth again.
  await two.store(batchOf('two', 17, 22, { readings: rows(25, 30) }))
  const back = await one.store(batchOf('one', 20, 35, { readings: rows(20, 35) }))
  expect(back.resent.get(id('a'))).toBe(10)
  expect([await stored(), await distinct()]).toEqual([35, 35])
})

test('a board that stays where it has moved to is known there by all it ever sent, also elsewhere', async () => {
  await one.store(batchOf('one', 0, 10, { readings: rows(0, 10), boots: NEW }))
  await two.store(batchOf('two', 0, 10, { readings: rows(10, 20), boots: NEW }))
  // Back at the first node, which is sure of every number that it has not seen since its own look.
  await one.store(batchOf('one', 10, 11, { readings: rows(20, 21) }))
  const again = await one.store(batchOf('one', 11, 16, { readings: rows(12, 17) }))
  expect(again.resent.get(id('a'))).toBe(5)
  const fresh = await one.store(batchOf('one', 16, 20, { readings: rows(21, 25) }))
  expect(fresh.resent.size).toBe(0)
  // The node was started again meanwhile: what it has to look for is kept with the rows.
  const restarted = sinkInto(database, { isShared: true })
  const mixed = await restarted.store(batchOf('one', 20, 33, { readings: rows(17, 30) }))
  await restarted.close()
  // 20 … 24 the first node knows by itself, and would not have sent; looked for with the others, they are found.
  expect(mixed.resent.get(id('a'))).toBe(8)
  expect([await stored(), await distinct()]).toEqual([30, 30])
})

test('batches of both nodes at the same time store nothing twice', async () => {
  await one.store(batchOf('one', 0, 1, { readings: rows(0, 1), boots: NEW }))
  await two.store(batchOf('two', 0, 1, { readings: rows(0, 1), boots: NEW }))
  for (let round = 1; round <= 20; round += 1) {
    const readings = rows(round * 10, round * 10 + 10)
    await Promise.all([
      one.store(batchOf('one', round, round + 1, { readings })),
      two.store(batchOf('two', round, round + 1, { readings })),
    ])
  }
  expect([await stored(), await distinct()]).toEqual([201, 201])
})

test('what a first node stored after its board had moved is found in a later batch of the second', async () => {
  await one.store(batchOf('one', 0, 9, { readings: rows(0, 9), boots: NEW }))
  await two.store(batchOf('two', 0, 1, { readings: rows(11, 12), boots: NEW }))
  await one.store(batchOf('one', 9, 11, { readings: rows(9, 11) }))
  await two.store(batchOf('two', 1, 2, { readings: rows(12, 13) }))
  const late = await two.store(batchOf('two', 2, 4, { readings: [...rows(10, 11), ...rows(13, 14)] }))
  expect(late.resent.get(id('a'))).toBe(1)
  expect([await stored(), await distinct()]).toEqual([14, 14])
})

test('a boot whose name the table cannot hold moves as any other', async () => {
  const [name, boot] = ['nul\0half\ud800', 'b\ud800']
  const readings = [readingOf(name, { boot, seq: 1 })]
  const claim = { deviceId: id(name), boot, oldest: T, leaseFrom: 0, leaseSince: T }
  const boots = [claim]
  await one.store(batchOf('one', 0, 1, { readings, boots }))
  await two.store(batchOf('two', 0, 1, { readings, boots: [{ ...claim, oldest: T - 1_000 }] }))
  await one.store(batchOf('one', 1, 2, { readings, boots }))
  expect([await stored(), await distinct()]).toEqual([1, 1])
})

test('numbers above all that others stored are not looked for', async () => {
  await one.store(batchOf('one', 0, 10, { readings: rows(0, 10), boots: NEW }))
  await two.store(batchOf('two', 0, 1, { readings: rows(10, 11), boots: NEW }))
  // Behind the back of both, in a place that only a look sees.
  await database.pool.query('UPDATE sensor_data SET seq = 11 WHERE seq = 5')
  expect((await two.store(batchOf('two', 1, 2, { readings: rows(11, 12) }))).resent.size).toBe(0)
  expect((await two.store(batchOf('two', 2, 3, { readings: rows(9, 10) }))).resent.size).toBe(1)
})

test('boots that are new to both at the same time as well', async () => {
  await Promise.all([
    one.store(batchOf('one', 0, 20, { readings: rows(0, 20), boots: NEW })),
    two.store(batchOf('two', 0, 20, { readings: rows(0, 20), boots: NEW })),
  ])
  expect([await stored(), await distinct()]).toEqual([20, 20])
})

test('a node that has its boards to itself takes nothing over', async () => {
  await one.store(batchOf('one', 0, 10, { readings: rows(0, 10), boots: NEW }))
  const alone = "SELECT count(*) FROM device_boots WHERE writer = 'one'"
  expect(await numberOf(database, alone)).toBe(1)
  const { resent, checked } = await one.store(batchOf('one', 10, 20, { readings: rows(10, 20) }))
  expect([resent.size, checked.length]).toEqual([0, 0])
})
