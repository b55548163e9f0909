/** At its bounds Sluice holds and then refuses, drops only what has no ack, and is well again by itself. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import pg from 'pg'
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { createSmallDisk } from '../oracle/small-disk.ts'
import { expectAckedOnce } from '../support/ack-oracle.ts'
import { type Acked, connectBoard } from '../support/boards.ts'
import { useCleanups } from '../support/cleanups.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { createRestBoard } from '../support/rest-board.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

const later = useCleanups()

/** How long a message may be held, and some more for a busy machine. */
const HELD_WITHIN_MS = 45_000

const metric = async ({ http }: Sluice, name: string): Promise<number> => {
  const text = await (await fetch(`${http}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return line === undefined ? 0 : Number(line.slice(name.length + 1))
}

const DROPPED = 'sluice_dropped_total{reason="spool-full-qos0"}'
const REFUSED = 'sluice_messages_held_total'

/** Boards of every kind, and what was acked to them. */
const startBoards = async (sluice: Sluice) => {
  const boards = await Promise.all(
    ([1, 1, 2] as const).map((qos, index) =>
      connectBoard({ port: sluice.mqttPort, deviceId: `pressed-${index}`, window: 5, qos }),
    ),
  )
  for (const board of boards) later(board.close)
  for (const board of boards) board.start()
  const rest = createRestBoard({ http: sluice.http, deviceId: 'pressed-rest' })
  later(rest.stop)
  rest.start()
  const acked = (): readonly Acked[] => [...boards.flatMap((board) => board.acked), ...rest.acked]
  return { boards, rest, acked }
}

/** Publishes at QoS 0 until one of the readings is counted as dropped. */
const dropOne = async (sluice: Sluice): Promise<void> => {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${sluice.mqttPort}`, { clientId: 'careless' })
  later(() => client.endAsync(true))
  const before = await metric(sluice, DROPPED)
  let seq = 0
  await eventually(async () => {
    seq += 1
    // A connection that was ended over what it sent before is made anew by the client.
    await client
      .publishAsync('sensors/careless/data', JSON.stringify({ boot: 'boot-1', seq }), { qos: 0 })
      .catch(() => undefined)
    return (await metric(sluice, DROPPED)) > before
  }, HELD_WITHIN_MS)
}

/** What all senders see at a bound, whichever it is. */
const expectRefusals = async (
  sluice: Sluice,
  { boards, rest }: Awaited<ReturnType<typeof startBoards>>,
): Promise<void> => {
  await dropOne(sluice)
  await eventually(() => rest.refusals.length > 0, HELD_WITHIN_MS)
  expect(rest.refusals[0]).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) })
  await eventually(() => boards.every((board) => board.lostConnections > 0), HELD_WITHIN_MS)
  expect(await metric(sluice, REFUSED)).toBeGreaterThan(0)
}

/** All senders are acked again, and everything they were ever acked is one row. */
const expectWellAgain = async (
  { boards, rest, acked }: Awaited<ReturnType<typeof startBoards>>,
  pool: pg.Pool,
): Promise<void> => {
  const counts = () => [...boards, rest].map((board) => board.acked.length)
  const before = counts()
  await eventually(() => counts().every((count, index) => count > (before[index] ?? 0) + 5), HELD_WITHIN_MS)
  await Promise.all([...boards, rest].map((board) => board.stop()))
  await expectAckedOnce(pool, acked())
}

test('with the spool full, senders are held, refused and served again when Postgres is back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-pg-'))
  later(() => rm(folder, { recursive: true, force: true }))
  const postgres = createEmbeddedPostgres({ dataDir: folder })
  later(postgres.stop)
  const { url } = await postgres.start()
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: url, SPOOL_MAX_BYTES: '300000' })
  later(() => sluice.end('SIGTERM'))
  const senders = await startBoards(sluice)
  await eventually(() => senders.acked().length > 50, HELD_WITHIN_MS)

  await postgres.stop()
  await expectRefusals(sluice, senders)
  expect(await metric(sluice, 'sluice_spool_bytes')).toBeGreaterThanOrEqual(0.95 * 300_000)
  // What one group may be over the bound: nothing more is taken in.
  expect(await metric(sluice, 'sluice_spool_bytes')).toBeLessThan(2 * 300_000)

  await postgres.start()
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => {})
  later(() => pool.end())
  await expectWellAgain(senders, pool)
}, 150_000)

test('with the disk full, senders are held, refused and served again when there is room', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'))
  later(() => rm(folder, { recursive: true, force: true }))
  const disk = await createSmallDisk(folder)
  later(disk.close)
  if (disk.kind !== 'tmpfs') {
    if (process.env.CI === 'true') throw new Error('this user may mount no tmpfs')
    process.stderr.write('skipped: this user may mount no tmpfs to fill\n')
    return
  }
  const database = await freshDatabase()
  later(database.drop)
  const sluice = await startSluice({ DATA_DIR: disk.dataDir, DATABASE_URL: database.url })
  later(() => sluice.end('SIGTERM'))
  const senders = await startBoards(sluice)
  await eventually(() => senders.acked().length > 50, HELD_WITHIN_MS)

  await disk.fill()
  await eventually(
    async () => (await metric(sluice, 'sluice_spool_write_failures_total')) > 0,
    HELD_WITHIN_MS,
  )
  await expectRefusals(sluice, senders)
  await disk.free()
  await expectWellAgain(senders, database.pool)
}, 150_000)
