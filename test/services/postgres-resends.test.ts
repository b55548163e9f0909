import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import pg from 'pg'
import { createRowEncoder, SENSOR_COLUMNS } from '../../bridge/core/copy-row.ts'
import type { Reading } from '../../bridge/core/reading.ts'
import type { BootClaim } from '../../bridge/core/unverified.ts'
import { copyText } from '../../bridge/stores/postgres-copy.ts'
import { claimBoots, type Looked, withoutResends } from '../../bridge/stores/postgres-resends.ts'
import { id, readingOf, T } from '../contracts/sink-rows.ts'
import { eventually } from '../support/eventually.ts'
import { type MigratedDatabase, migratedDatabase, numberOf } from '../support/postgres-stores.ts'
import { createLookingTable, type Row } from '../unit/bridge/pipeline/looking-table.ts'

const COPY = `COPY sensor_data (${SENSOR_COLUMNS.join(', ')}) FROM STDIN`
const encoder = createRowEncoder()
const chunkOf = (...readings: readonly Reading[]): Buffer =>
  Buffer.from(readings.map((one) => encoder.reading(one)).join(''))
const numbered = (seq: number | null, fields: Partial<Reading> = {}): Reading =>
  readingOf('a', { boot: 'b', seq, ...fields })
/** The claim for a boot of which nothing is known. */
const claim = (fields: Partial<BootClaim> = {}): BootClaim => ({
  deviceId: id('a'),
  boot: 'b',
  oldest: T,
  leaseFrom: 0,
  leaseSince: T,
  ...fields,
})

let database: MigratedDatabase
let client: pg.Client
let other: pg.Client

const connected = async (): Promise<pg.Client> => {
  const made = new pg.Client({ connectionString: database.url })
  await made.connect()
  return made
}

beforeAll(async () => {
  database = await migratedDatabase()
  client = await connected()
  other = await connected()
})
beforeEach(() => database.pool.query('TRUNCATE sensor_data, device_boots'))
afterEach(() => Promise.all([client, other].map((one) => one.query('ROLLBACK'))))
afterAll(async () => {
  await Promise.all([client.end(), other.end()])
  await database.drop()
})

/** All but the COMMIT. */
const begin = async (
  readings: readonly Uint8Array[],
  boots: readonly BootClaim[],
  by = client,
): Promise<Looked> => {
  await by.query('BEGIN')
  const looked = await withoutResends(by, { readings, boots })
  await copyText(by, COPY, looked.readings)
  return looked
}

const store = async (readings: readonly Uint8Array[], boots: readonly BootClaim[]): Promise<Looked> => {
  const looked = await begin(readings, boots)
  await client.query('COMMIT')
  return looked
}

const seqs = async (): Promise<readonly number[]> => {
  const { rows } = await database.pool.query('SELECT seq::float8 AS seq FROM sensor_data ORDER BY seq')
  return rows.map(({ seq }) => seq)
}

describe('rows of a boot in doubt', () => {
  test('that the database has never seen are stored as they are', async () => {
    const chunks = [chunkOf(numbered(1), numbered(2))]
    const looked = await store(chunks, [claim()])
    expect(looked.readings).toBe(chunks)
    expect(looked.resent.size).toBe(0)
    expect(looked.checked).toEqual([{ ...claim(), highest: -1 }])
    expect(await numberOf(database, 'SELECT count(*) FROM device_boots')).toBe(1)
  })

  test('that are stored already are left out, and counted by device', async () => {
    await store([chunkOf(numbered(1), numbered(2), numbered(4))], [claim()])
    const fresh = chunkOf(numbered(7))
    const looked = await store(
      [chunkOf(numbered(2), numbered(3), numbered(4), numbered(5)), fresh],
      [claim()],
    )
    expect(await seqs()).toEqual([1, 2, 3, 4, 5, 7])
    expect(looked.resent).toEqual(new Map([['a', 2]]))
    expect(looked.readings.at(-1)).toBe(fresh)
    expect(looked.checked).toEqual([{ ...claim(), highest: 4 }])
  })

  test('that come twice in one batch are stored once', async () => {
    const looked = await store([chunkOf(numbered(1), numbered(1)), chunkOf(numbered(1))], [claim()])
    expect(await seqs()).toEqual([1])
    expect(looked.resent).toEqual(new Map([['a', 2]]))
  })

  test('are those of that device and boot alone, with a number', async () => {
    const others = [
      numbered(1, { boot: 'b2' }),
      numbered(1, { deviceId: id('a2') }),
      numbered(null),
      numbered(1, { boot: null }),
    ]
    const all = [claim(), claim({ boot: 'b2' }), claim({ deviceId: id('a2') })]
    await store([chunkOf(numbered(1), ...others)], all)
    const looked = await store([chunkOf(...others, numbered(1))], [claim()])
    expect(looked.resent).toEqual(new Map([['a', 1]]))
    expect(await numberOf(database, 'SELECT count(*) FROM sensor_data')).toBe(9)
  })

  test.each(['tab\tline\nback\\slash', '\\N', 'böard ☃', '"{,}', 'nul\0half\ud800'])(
    'are known by the name %j',
    async (name) => {
      const one = numbered(1, { deviceId: id(name), boot: name })
      const boots = [claim({ deviceId: id(name), boot: name })]
      await store([chunkOf(one)], boots)
      expect((await store([chunkOf(one)], boots)).resent).toEqual(new Map([[name, 1]]))
    },
  )

  test('are found whatever their time, and however odd it is', async () => {
    await database.partitions.ensureFor([Date.UTC(9999, 10, 30), -30_000_000_000_000])
    for (const [seq, ts] of [Date.UTC(9999, 10, 30, 23, 59, 59, 999), -30_000_000_000_000].entries()) {
      const boots = [claim({ oldest: ts, leaseSince: ts })]
      await store([chunkOf(numbered(seq, { ts, receivedAt: T }))], boots)
      expect((await store([chunkOf(numbered(seq, { ts, receivedAt: T }))], boots)).resent.size).toBe(1)
    }
    const beyond = [claim({ oldest: -8.6e15, leaseSince: Number.MIN_SAFE_INTEGER })]
    expect((await store([chunkOf(numbered(0))], beyond)).resent.size).toBe(1)
  })

  test('that were stored by another way are found when their boot was claimed, or when nothing is known', async () => {
    await database.pool.query({ text: `INSERT INTO device_boots (device_id, boot) VALUES ('a', 'unknown')` })
    await client.query('BEGIN')
    const late = { oldest: T - 5_000, leaseFrom: 20_000, leaseSince: T - 5_000 }
    await claimBoots(client, [claim(late)])
    const byHand = [numbered(20_001, { ts: T - 5_000 }), numbered(50_000, { boot: 'unknown', ts: T - 9_000 })]
    await copyText(client, COPY, [chunkOf(...byHand)])
    await client.query('COMMIT')
    const looked = await store([chunkOf(...byHand)], [claim(), claim({ boot: 'unknown' })])
    expect(looked.resent).toEqual(new Map([['a', 2]]))
  })

  test('are found in a table from before boots were written down', async () => {
    const numbers = [0, 999, 1_000, 2_501]
    const readings = numbers.map((seq, i) => numbered(seq, { ts: T - i * 1_000, receivedAt: T }))
    await copyText(client, COPY, [chunkOf(...readings, numbered(null, { boot: 'x' }))])
    await database.pool.query('DROP TABLE device_boots')
    for (const name of ['0006_device_boots', '0009_boot_writers', '0011_moved_boots']) {
      const sql = new URL(`../../bridge/stores/migrations/${name}.sql`, import.meta.url)
      await database.pool.query(await readFile(sql, 'utf8'))
    }
    const { rows } = await database.pool.query(
      `SELECT boot, lease_from::int, (extract(epoch FROM oldest) * 1000)::float8 AS oldest FROM device_boots`,
    )
    expect(rows).toEqual([{ boot: 'b', lease_from: 2_000, oldest: T - 3_000 }])
    expect((await store([chunkOf(...readings, numbered(5))], [claim()])).resent).toEqual(new Map([['a', 4]]))
  })
})

test('a look finds and tells what its model in the tests of the windows does', async () => {
  const row = fc.record({
    device: fc.constantFrom('a', 'b'),
    seq: fc.oneof(fc.nat(6), fc.integer({ min: 998, max: 1_001 }), fc.constantFrom(2_000)),
    ts: fc.nat(4),
  })
  const batch = fc.record({
    rows: fc.array(row, { maxLength: 5 }),
    claims: fc.uniqueArray(
      fc.record({
        device: fc.constantFrom('a', 'b'),
        oldest: fc.nat(4),
        leaseFrom: fc.constantFrom(0, 1_000, 2_000),
        leaseSince: fc.nat(4),
      }),
      { selector: ({ device }) => device },
    ),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 2, maxLength: 8, size: 'max' }), async (batches) => {
      await database.pool.query('TRUNCATE sensor_data, device_boots')
      const model = createLookingTable()
      for (const { rows, claims } of batches) {
        const sent: readonly Row[] = rows.map(({ device, seq, ts }) => ({
          deviceId: id(device),
          boot: 'b',
          seq,
          ts: T + ts * 1_000,
        }))
        const boots = claims.map(({ device, oldest, leaseFrom, leaseSince }) =>
          claim({
            deviceId: id(device),
            oldest: T + oldest * 1_000,
            leaseFrom,
            leaseSince: T + leaseSince * 1_000,
          }),
        )
        const chunks = sent.map((one) => chunkOf(readingOf(one.deviceId, { ...one, receivedAt: T })))
        expect((await store(chunks, boots)).checked).toEqual(model.store(sent, boots))
      }
      const { rows } = await database.pool.query(
        `SELECT device_id || ' ' || seq || ' ' || round(extract(epoch FROM ts) * 1000) AS row FROM sensor_data`,
      )
      const expected = model.rows.map(({ deviceId, seq, ts }) => `${deviceId} ${seq} ${ts}`)
      expect(rows.map((one) => one.row).sort()).toEqual([...expected].sort())
    }),
    { numRuns: 40 },
  )
})

describe('two writers of one database', () => {
  const waitingForLock = () =>
    numberOf(
      database,
      `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )

  test.each(['new', 'known'])('do not both store a row of a boot that is %s', async (what) => {
    if (what === 'known') await store([chunkOf(numbered(1))], [claim()])
    await begin([chunkOf(numbered(2))], [claim()])
    const second = begin([chunkOf(numbered(2), numbered(3))], [claim()], other)
    await eventually(async () => (await waitingForLock()) === 1)
    await client.query('COMMIT')
    expect((await second).resent).toEqual(new Map([['a', 1]]))
    await other.query('COMMIT')
    expect(await seqs()).toEqual(what === 'known' ? [1, 2, 3] : [2, 3])
  })

  test('wait for each other and never for ever, in whatever order their boots come', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `device ${i}`)
    const work = async (by: pg.Client, order: readonly string[], round: number): Promise<void> => {
      const boots = order.map((name) => claim({ deviceId: id(name), boot: `${round >> 1}` }))
      const rows = boots.map(({ deviceId, boot }) => readingOf(deviceId, { boot, seq: round }))
      await begin([chunkOf(...rows)], boots, by)
      await by.query('COMMIT')
    }
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([work(client, names, round), work(other, names.toReversed(), round)])
    }
    expect(await numberOf(database, 'SELECT count(*) FROM sensor_data')).toBe(400)
  })
})
