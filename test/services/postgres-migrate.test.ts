import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { DEAD_LETTER_COLUMNS, SENSOR_COLUMNS } from '../../bridge/core/copy-row.ts'
import { migrate } from '../../bridge/stores/postgres-migrate.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

describe('migrating the database', () => {
  let database: FreshDatabase
  beforeEach(async () => {
    database = await freshDatabase()
  })
  afterEach(async () => {
    jest.restoreAllMocks()
    await database.drop()
  })

  const columnsOf = async (table: string): Promise<readonly string[]> => {
    const { rows } = await database.pool.query(
      'SELECT column_name FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position',
      [table],
    )
    return rows.map((row) => row.column_name)
  }

  test('every file runs once, in the order of its number, without a word on the console', async () => {
    const spoken = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
      jest.spyOn(console, level),
    )
    const files = (await readdir('bridge/stores/migrations')).map((file) => file.replace(/\.sql$/, '')).sort()
    expect(await migrate(database.url)).toEqual(files)
    expect(await migrate(database.url)).toEqual([])
    for (const spy of spoken) expect(spy).not.toHaveBeenCalled()
  })

  test('processes that start at once migrate one after the other', async () => {
    const ran = await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)])
    expect(ran.filter((names) => names.length > 0)).toHaveLength(1)
  })

  test('the tables have the columns of the rows, in their order', async () => {
    await migrate(database.url)
    expect(await columnsOf('sensor_data')).toEqual(SENSOR_COLUMNS)
    expect(await columnsOf('dead_letters')).toEqual(['id', ...DEAD_LETTER_COLUMNS])
  })

  test('a migration that fails leaves nothing behind and says why', async () => {
    await database.pool.query('CREATE TABLE dead_letters (other int)')
    await expect(migrate(database.url)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('"dead_letters" already exists'),
    })
    expect(await columnsOf('sensor_data')).toEqual([])
    await database.pool.query('DROP TABLE dead_letters')
    expect(await migrate(database.url)).not.toEqual([])
  })

  test('a database that does not exist is named as what to mend', async () => {
    const url = new URL(database.url)
    url.pathname = '/sluice_no_such_database'
    await expect(migrate(url.href)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('create the database that DATABASE_URL names'),
    })
  })
})
