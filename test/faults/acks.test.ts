import { expect, test } from '@jest/globals'
import type pg from 'pg'
import { createRandom } from '../oracle/random.ts'
import { type AcksBoard, startAcksBoard } from '../support/acks-board.ts'
import { useCleanups } from '../support/cleanups.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoSub } from '../support/mosquitto-clients.ts'
import { freshDataDir, startSluice } from '../support/sluice.ts'

const later = useCleanups()

const SEED = 20_261_123

const start = async () => {
  const database = await freshDatabase()
  later(database.drop)
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const settings = { DATA_DIR: dataDir, DATABASE_URL: database.url }
  let sluice = await startSluice(settings)
  later(() => sluice.end('SIGTERM'))
  const killAndRestart = async () => {
    await sluice.end('SIGKILL')
    sluice = await startSluice({ ...settings, MQTT_PORT: String(sluice.mqttPort) })
  }
  return { pool: database.pool, port: sluice.mqttPort, killAndRestart }
}

interface Row {
  readonly seq: number
  readonly temperature: number
}

const rowsOf = async (pool: pg.Pool, { deviceId }: AcksBoard): Promise<readonly Row[]> => {
  const { rows } = await pool.query<{ seq: string; temperature: string }>(
    'SELECT seq, temperature FROM sensor_data WHERE device_id = $1 ORDER BY seq',
    [deviceId],
  )
  return rows.map(({ seq, temperature }) => ({ seq: Number(seq), temperature: Number(temperature) }))
}

test('over a link that loses messages, with kills between, each reading of the sketch is one row', async () => {
  const { pool, port, killAndRestart } = await start()
  const random = createRandom(SEED)
  const common = { port, boot: 'b1', measureEveryMs: 50, loss: 0.3, RESEND_MS: 400 }
  const boards = ['one', 'two', 'three'].map((deviceId) =>
    startAcksBoard({ ...common, deviceId, random: random.fork(), WINDOW: 64, KEEP: 2_000 }),
  )
  // With less memory than it needs: what is not sent yet makes room.
  const small = startAcksBoard({ ...common, deviceId: 'small', random: random.fork(), WINDOW: 8, KEEP: 16 })
  const all = [...boards, small]
  for (const board of all) later(board.close)
  const durable = (board: AcksBoard): number => board.measured - board.forgotten - board.kept

  for (let kill = 1; kill <= 2; kill += 1) {
    const before = all.map(durable)
    await eventually(() => all.every((board, index) => durable(board) > (before[index] ?? 0) + 3), 20_000)
    await eventually(() => all.every(({ kept }) => kept > 0), 20_000)
    await killAndRestart()
  }
  for (const board of all) board.stopMeasuring()
  await eventually(() => all.every(({ kept }) => kept === 0), 20_000)

  for (const board of all) {
    const expected = board.measured - board.forgotten
    const rows = await eventually(async () => {
      const found = await rowsOf(pool, board)
      return found.length >= expected && found
    })
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: expected }, (_, index) => index + 1))
    const temperatures = rows.map(({ temperature }) => temperature)
    expect(temperatures).toEqual([...new Set(temperatures)].sort((a, b) => a - b))
    expect(board.link.published).toBeGreaterThan(expected)
    expect(board.link.lost).toBeGreaterThan(0)
    expect(board.link.acksLost).toBeGreaterThan(0)
  }
  expect(boards.map(({ forgotten }) => forgotten)).toEqual([0, 0, 0])
  expect(small.forgotten).toBeGreaterThan(0)

  // Who comes later is told at once where a board stands.
  const sub = mosquittoSub(port, 'acks/one')
  later(sub.end)
  const [, payload = ''] = (await eventually(() => sub.received[0])).split(' ')
  const seq = boards[0]?.measured
  expect(payload).toBe(`{"boot":"b1","seq":${seq},"highest":${seq},"missing":[]}`)
}, 60_000)
