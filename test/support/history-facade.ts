/** The history over HTTP on a Postgres of its own, whose tables of readings are empty before each test. */
import { afterAll, beforeAll, beforeEach } from '@jest/globals'
import { createPostgresExport } from '../../bridge/stores/postgres-export.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { createPostgresRange } from '../../bridge/stores/postgres-range.ts'
import { createFacade, type Facade } from '../../src/facade/index.ts'
import { eventually } from './eventually.ts'
import { createFacadeWorld, FACADE_OPTIONS } from './facade-services.ts'
import { exchange } from './http-exchange.ts'
import { type MigratedDatabase, migratedDatabase } from './postgres-stores.ts'
import { emptyRangeTables } from './range-tables.ts'

const start = async (database: MigratedDatabase, databaseUrl: string) => {
  const pool = createPostgresPool({ url: databaseUrl })
  const exports = createPostgresExport(pool, { url: databaseUrl, maxRunning: 2 })
  const ranges = createPostgresRange(pool)
  const facade: Facade = createFacade({ ...createFacadeWorld().deps, exports, ranges }, FACADE_OPTIONS)
  const { host, port } = await facade.start()
  const url = `http://${host}:${port}/api/v1/history`

  /** Sessions of exports in Postgres. */
  const running = async (): Promise<number> => {
    const { rows } = await database.pool.query<{ count: string }>(
      `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice export' AND datname = current_database()`,
    )
    return Number(rows[0]?.count)
  }
  return {
    database,
    pool,
    exports,
    url,
    get: (query: string, headers: Record<string, string> = {}) => exchange(`${url}?${query}`, { headers }),
    running,
    untilIdle: () => eventually(async () => (await running()) === 0 && exports.running === 0),
    stop: async () => {
      await facade.stop()
      await pool.end()
    },
  }
}

export type HistoryFacade = Awaited<ReturnType<typeof start>>

/** What the returned function gives is there while tests run. `through` makes of the database's URL the one it is reached by. */
export const useHistoryFacade = (through = (url: string): string => url): (() => HistoryFacade) => {
  let there: HistoryFacade | undefined
  let database: MigratedDatabase | undefined
  const current = (): HistoryFacade => {
    if (there === undefined) throw new Error('the history is not there yet')
    return there
  }
  beforeAll(async () => {
    database = await migratedDatabase()
    there = await start(database, through(database.url))
  })
  beforeEach(() => emptyRangeTables(current().database))
  afterAll(async () => {
    await there?.stop()
    await database?.drop()
  })
  return current
}

/** The objects of NDJSON. */
export const linesOf = (text: string): readonly Record<string, unknown>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
