import { expect, test } from '@jest/globals'
import { expectAckedOnce } from '../support/ack-oracle.ts'
import { connectBoard } from '../support/boards.ts'
import { useCleanups } from '../support/cleanups.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoSub } from '../support/mosquitto-clients.ts'
import { freshDataDir, startSluice } from '../support/sluice.ts'

const later = useCleanups()

test('killed in the middle of a load and started again, every acked reading is one row', async () => {
  const database = await freshDatabase()
  later(database.drop)
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const settings = { DATA_DIR: dataDir, DATABASE_URL: database.url }
  let sluice = await startSluice(settings)
  later(() => sluice.end('SIGTERM'))
  const boards = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      connectBoard({ port: sluice.mqttPort, deviceId: `crash-${index}` }),
    ),
  )
  for (const board of boards) later(board.close)
  for (const board of boards) board.start()
  const ackedInAll = () => boards.reduce((sum, board) => sum + board.acked.length, 0)

  for (let kill = 1; kill <= 3; kill += 1) {
    const before = ackedInAll()
    await eventually(() => ackedInAll() >= before + 1_500, 20_000)
    const { signal } = await sluice.end('SIGKILL')
    expect(signal).toBe('SIGKILL')
    sluice = await startSluice({ ...settings, MQTT_PORT: String(sluice.mqttPort) })
  }
  const before = ackedInAll()
  await eventually(() => ackedInAll() >= before + 500, 20_000)
  await Promise.all(boards.map((board) => board.stop()))

  const acked = boards.flatMap((board) => board.acked)
  expect(acked.length).toBe(boards.reduce((sum, board) => sum + board.published, 0))
  await expectAckedOnce(database.pool, acked)
}, 90_000)

test('after a crash the retained latest values are those of the last acked reading', async () => {
  const database = await freshDatabase()
  later(database.drop)
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const settings = { DATA_DIR: dataDir, DATABASE_URL: database.url }
  let sluice = await startSluice(settings)
  later(() => sluice.end('SIGTERM'))
  const board = await connectBoard({ port: sluice.mqttPort, deviceId: 'last-words', window: 1 })
  later(board.close)
  board.start()
  await eventually(() => board.acked.length >= 20)
  const ended = board.stop()
  await sluice.end('SIGKILL')
  sluice = await startSluice({ ...settings, MQTT_PORT: String(sluice.mqttPort) })
  await ended

  const temperature = board.published / 10
  await eventually(async () => {
    const sub = mosquittoSub(sluice.mqttPort, 'sensors/last-words/latest')
    try {
      await sub.subscribed
      return await eventually(
        () => sub.received.some((line) => line.includes(`"temperature":${temperature}`)),
        500,
      )
    } finally {
      await sub.end()
    }
  })
}, 60_000)
