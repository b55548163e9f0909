import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { migrate } from '../../../bridge/stores/postgres-migrate.ts'
import { createEmbeddedPostgres } from '../../../src/embedded-postgres/index.ts'
import { type Cleanup, tempFolder } from '../cleanup.ts'
import { type Made, makeReadings } from './make-readings.ts'
import type { HistoryOptions } from './options.ts'

/** A Postgres as Sluice starts it, with the readings in it. */
export interface HistoryWorld extends Made {
  readonly url: string
  readonly pool: pg.Pool
  /** The id of a device by its number. */
  device(n: number): string
}

const folderOf = async (cleanup: Cleanup, { keep, tempDir, rows }: HistoryOptions): Promise<string> => {
  if (!keep) return tempFolder(cleanup, tempDir)
  const folder = join(tempDir, `sluice-bench-history-${rows}`)
  await mkdir(folder, { recursive: true })
  return folder
}

export const openHistoryWorld = async (
  cleanup: Cleanup,
  options: HistoryOptions,
  log: (line: string) => void,
): Promise<HistoryWorld> => {
  const dataDir = await folderOf(cleanup, options)
  const postgres = createEmbeddedPostgres({ dataDir })
  cleanup.add(() => postgres.stop())
  const { url } = await postgres.start()
  await migrate(url)
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  pool.on('error', () => {})
  cleanup.add(() => pool.end())
  log(`Postgres in ${dataDir}`)
  const made = await makeReadings(pool, url, options)
  return { ...made, url, pool, device: (n) => `esp32-${String(n % made.devices).padStart(4, '0')}` }
}
