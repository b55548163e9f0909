import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import pg from 'pg'
import { expectAckedOnce } from '../support/ack-oracle.ts'
import { connectBoard } from '../support/boards.ts'
import { useCleanups } from '../support/cleanups.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { freshDataDir, runSluice, startSluice } from '../support/sluice.ts'

const later = useCleanups()

const dataFolder = async (): Promise<string> => {
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  return dataDir
}

const database = async () => {
  const made = await freshDatabase()
  later(made.drop)
  return made
}

test('SIGTERM under load ends it with exit code 0, and nothing acked is lost', async () => {
  const { url, pool } = await database()
  const sluice = await startSluice({ DATA_DIR: await dataFolder(), DATABASE_URL: url })
  const boards = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      connectBoard({ port: sluice.mqttPort, deviceId: `term-${index}` }),
    ),
  )
  for (const board of boards) later(board.close)
  for (const board of boards) board.start()
  await eventually(() => boards.every(({ acked }) => acked.length > 100), 20_000)
  const ended = await sluice.end('SIGTERM')
  const acked = boards.flatMap((board) => board.acked)
  expect({ ...ended, stack: sluice.log.some((line) => 'stack' in line) }).toEqual({
    code: 0,
    signal: null,
    stderr: '',
    stack: false,
  })
  // Stopped in order: what the spool held is in Postgres already.
  await expectAckedOnce(pool, acked, 1_000)
}, 60_000)

test('a second signal ends it at once', async () => {
  const sluice = await startSluice({
    DATA_DIR: await dataFolder(),
    // Nobody answers there: the drain cannot finish by itself.
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    SHUTDOWN_TIMEOUT_MS: '60000',
  })
  const holder = await mqtt.connectAsync(`mqtt://127.0.0.1:${sluice.mqttPort}`, { reconnectPeriod: 0 })
  later(() => holder.endAsync(true))
  sluice.signal('SIGTERM')
  await eventually(() => sluice.log.some(({ msg }) => String(msg).startsWith('stopping')))
  const asked = setInterval(() => sluice.signal('SIGTERM'), 100)
  later(() => clearInterval(asked))
  const { code, signal } = await sluice.ended
  expect(signal).toBeNull()
  expect([0, 1]).toContain(code)
}, 30_000)

test('broken settings: exit code 1, every problem in one message', async () => {
  const { code, stderr } = await runSluice({ PORT: 'many', MQTT_PORT: '70000', USEDB: 'perhaps' })
  expect(code).toBe(1)
  for (const name of ['PORT', 'MQTT_PORT', 'USEDB']) expect(stderr).toContain(name)
})

test('a taken MQTT port: exit code 1, one clear line, no stack', async () => {
  const blocker = createServer()
  const port = await new Promise<number>((resolve) =>
    blocker.listen(0, '127.0.0.1', () => resolve((blocker.address() as { port: number }).port)),
  )
  later(() => new Promise((resolve) => blocker.close(resolve)))
  const { code, stderr, log } = await runSluice({
    DATA_DIR: await dataFolder(),
    DATABASE_URL: (await database()).url,
    MQTT_PORT: String(port),
  })
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  const fatal = log.filter(({ level }) => level === 'fatal')
  expect(fatal).toHaveLength(1)
  expect(fatal[0]?.msg).toContain(`MQTT port ${port} on 127.0.0.1 is in use`)
  expect(fatal[0]).not.toHaveProperty('stack')
}, 30_000)

test('a second Sluice on the same DATA_DIR is refused', async () => {
  const dataDir = await dataFolder()
  const { url } = await database()
  const first = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: url })
  later(() => first.end('SIGTERM'))
  const { code, log } = await runSluice({ DATA_DIR: dataDir, DATABASE_URL: url })
  expect(code).toBe(1)
  expect(log.find(({ level }) => level === 'fatal')).toMatchObject({ code: 'SPOOL_LOCKED' })
}, 30_000)

test('without DATABASE_URL it brings its own Postgres, which survives a kill -9 of Sluice', async () => {
  const dataDir = await dataFolder()
  let sluice = await startSluice({ DATA_DIR: dataDir })
  later(() => sluice.end('SIGTERM'))
  await mosquittoPub({ port: sluice.mqttPort, topic: 'sensors/first/data', message: '{"temperature":1}' })
  await sluice.end('SIGKILL')
  sluice = await startSluice({ DATA_DIR: dataDir })
  await mosquittoPub({ port: sluice.mqttPort, topic: 'sensors/second/data', message: '{"temperature":2}' })
  const url = (await readFile(join(dataDir, 'postgres.url'), 'utf8')).trim()
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  pool.on('error', () => {})
  later(() => pool.end())
  const rows = await eventually(async () => {
    const result = await pool.query('SELECT device_id, temperature FROM sensor_data ORDER BY 1')
    return result.rowCount === 2 && result.rows
  }, 10_000)
  expect(rows).toEqual([
    { device_id: 'first', temperature: 1 },
    { device_id: 'second', temperature: 2 },
  ])
  await pool.query('SELECT 1')
  expect((await sluice.end('SIGTERM')).code).toBe(0)
}, 60_000)

test('with USEDB=false readings are acked, kept in the spool and served from memory', async () => {
  const sluice = await startSluice({ DATA_DIR: await dataFolder(), USEDB: 'false' })
  later(() => sluice.end('SIGTERM'))
  await mosquittoPub({ port: sluice.mqttPort, topic: 'sensors/spooled/data', message: '{"temperature":9}' })
  const answer = await fetch(`${sluice.http}/api/v1/sensor-data?deviceId=spooled`)
  expect(await answer.json()).toMatchObject({ count: 1, data: [{ temperature: 9 }] })
  const health = (await (await fetch(`${sluice.http}/health`)).json()) as {
    parts: { spool: { bytes: number } }
  }
  expect(health.parts.spool.bytes).toBeGreaterThan(0)
}, 30_000)
