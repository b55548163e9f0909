import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import pg from 'pg'
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { expectAckedOnce } from '../support/ack-oracle.ts'
import { connectBoard } from '../support/boards.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { freshDataDir, startSluice } from '../support/sluice.ts'

const later = useCleanups()

const ownPostgres = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-pg-'))
  later(() => rm(folder, { recursive: true, force: true }))
  const postgres = createEmbeddedPostgres({ dataDir: folder })
  later(postgres.stop)
  const { url } = await postgres.start()
  return { postgres, url }
}

test('with Postgres stopped for 5 s under load acks go on, and all rows are there after it is back', async () => {
  const { postgres, url } = await ownPostgres()
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: url })
  later(() => sluice.end('SIGTERM'))
  const boards = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      connectBoard({ port: sluice.mqttPort, deviceId: `outage-${index}`, everyMs: 5 }),
    ),
  )
  for (const board of boards) later(board.close)
  for (const board of boards) board.start()
  const ackedInAll = () => boards.reduce((sum, board) => sum + board.acked.length, 0)
  await eventually(() => ackedInAll() > 200, 10_000)

  await postgres.stop()
  const atStop = ackedInAll()
  await delay(5_000) // the outage itself
  const duringOutage = ackedInAll() - atStop
  const health = await (await fetch(`${sluice.http}/health`)).json()
  expect(health).toMatchObject({ status: 'degraded', ready: true, degraded: ['database'] })
  await postgres.start()
  await eventually(() => ackedInAll() > atStop + duringOutage + 200, 20_000)
  await Promise.all(boards.map((board) => board.stop()))

  expect(duringOutage).toBeGreaterThan(1_000)
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => {})
  later(() => pool.end())
  const acked = boards.flatMap((board) => board.acked)
  await expectAckedOnce(pool, acked)
  const back = await eventually(async () => {
    const body = (await (await fetch(`${sluice.http}/health`)).json()) as { status: string }
    return body.status === 'healthy' && body
  }, 10_000)
  expect(back).toMatchObject({ degraded: [] })
}, 60_000)

test('started while Postgres is away it takes readings, and stores them when Postgres comes', async () => {
  const { postgres, url } = await ownPostgres()
  await postgres.stop()
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: url })
  later(() => sluice.end('SIGTERM'))
  const board = await mqtt.connectAsync(`mqtt://127.0.0.1:${sluice.mqttPort}`)
  later(() => board.endAsync(true))
  await board.publishAsync('sensors/early/data', '{"temperature":7}', { qos: 1 })
  const answer = await fetch(`${sluice.http}/api/v1/sensor-data?deviceId=early`)
  expect(await answer.json()).toMatchObject({ data: [{ temperature: 7 }] })

  await postgres.start()
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  pool.on('error', () => {})
  later(() => pool.end())
  await eventually(
    async () => (await pool.query(`SELECT 1 FROM sensor_data WHERE device_id = 'early'`)).rowCount === 1,
    20_000,
  )
}, 60_000)
