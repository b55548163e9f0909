import { expect, test } from '@jest/globals'
import { batchOf, readingOf } from '../contracts/sink-rows.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { migratedDatabase, numberOf, sinkInto } from '../support/postgres-stores.ts'

const cleanup = useCleanups()

test('a batch that takes longer than its deadline is stored in the end, once', async () => {
  const database = await migratedDatabase()
  cleanup(() => database.drop())
  await database.pool.query(`
    CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.7); RETURN NULL; END $$;
    CREATE TRIGGER doze AFTER INSERT ON sensor_data EXECUTE FUNCTION doze()`)
  const sink = sinkInto(database, { storeTimeoutMs: 500 })
  cleanup(() => sink.close())
  const batch = batchOf('s', 0, 1, { readings: [readingOf('a')] })
  await expect(sink.store(batch)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  // One that is told to be too late may have been stored all the same: its cursor says so, as it does to the drain.
  const isStored = async () =>
    (await sink.store(batch).then(
      () => true,
      () => false,
    )) || (await sink.cursor('s'))?.offset === 1
  await eventually(isStored, 60_000)
  expect(await numberOf(database, 'SELECT count(*) FROM sensor_data')).toBe(1)
}, 90_000)
