import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { newDevice } from '../../bridge/core/device.ts'
import { createPostgresDevices } from '../../bridge/stores/postgres-devices.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { deviceStoreContract } from '../contracts/device-store.ts'
import { id, T } from '../contracts/sink-rows.ts'
import { emptyTables, type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'

let database: MigratedDatabase
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.drop())

const make = async () => {
  await emptyTables(database)
  const pool = createPostgresPool({ url: database.url })
  return { devices: createPostgresDevices(pool), cleanup: () => pool.end() }
}

deviceStoreContract('Postgres', make)

test('text that Postgres cannot hold is mended and keeps no other device from being stored', async () => {
  const { devices, cleanup } = await make()
  try {
    const ill = { ...newDevice(id('ill'), T), name: 'a\0b\ud800c', type: '\0', capabilities: ['\udfff'] }
    await devices.upsert([ill, newDevice(id('well'), T)])
    expect(await devices.get(id('ill'))).toEqual({
      ...ill,
      name: 'a\ufffdb\ufffdc',
      type: '\ufffd',
      capabilities: ['\ufffd'],
    })
    expect(await devices.get(id('well'))).toBeDefined()
  } finally {
    await cleanup()
  }
})

test('two processes that store the same devices at once both succeed', async () => {
  const { devices, cleanup } = await make()
  try {
    const many = Array.from({ length: 500 }, (_, n) => newDevice(id(`d${n}`), T))
    const rounds = Array.from({ length: 8 }, (_, n) => devices.upsert(n % 2 ? many : [...many].reverse()))
    await Promise.all(rounds)
    expect(await devices.list(1_000)).toHaveLength(500)
  } finally {
    await cleanup()
  }
})

test('without the table, reads and writes are STORE_UNAVAILABLE and say what is missing', async () => {
  const { devices, cleanup } = await make()
  try {
    await database.pool.query('ALTER TABLE devices RENAME TO elsewhere')
    const missing = { code: 'STORE_UNAVAILABLE', message: expect.stringContaining('migrations') }
    await expect(devices.list(1)).rejects.toMatchObject(missing)
    await expect(devices.get(id('a'))).rejects.toMatchObject(missing)
    await expect(devices.upsert([newDevice(id('a'), T)])).rejects.toMatchObject(missing)
  } finally {
    await database.pool.query('ALTER TABLE elsewhere RENAME TO devices')
    await cleanup()
  }
})
