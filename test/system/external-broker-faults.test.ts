import { expect, test } from '@jest/globals'
import { expectAckedOnce } from '../support/ack-oracle.ts'
import { connectBoard } from '../support/boards.ts'
import { useCleanups } from '../support/cleanups.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { startMosquitto } from '../support/mosquitto-broker.ts'
import { freshDataDir, startSluice } from '../support/sluice.ts'

const later = useCleanups()

test('with Sluice killed, stopped and Mosquitto restarted under load, every reading that Mosquitto acked is one row', async () => {
  const database = await freshDatabase()
  later(database.drop)
  const mosquitto = await startMosquitto()
  later(mosquitto.cleanup)
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const settings = { DATA_DIR: dataDir, DATABASE_URL: database.url, BROKER_URL: mosquitto.url }
  let sluice = await startSluice(settings)
  later(() => sluice.end('SIGTERM'))
  const boards = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      connectBoard({ port: mosquitto.port, deviceId: `faults-${index}`, everyMs: 4 }),
    ),
  )
  for (const board of boards) later(board.close)
  for (const board of boards) board.start()
  const acked = () => boards.flatMap((board) => board.acked)
  const more = async (count: number): Promise<void> => {
    const before = acked().length
    await eventually(() => acked().length >= before + count, 20_000)
  }

  for (let round = 0; round < 2; round += 1) {
    await more(1_500)
    await sluice.end(round === 0 ? 'SIGKILL' : 'SIGTERM')
    await more(500)
    sluice = await startSluice(settings)
    await more(1_500)
    await mosquitto.stop()
    await mosquitto.start()
  }
  await more(500)
  await Promise.all(boards.map((board) => board.stop()))
  expect(acked().length).toBe(boards.reduce((sum, board) => sum + board.published, 0))
  await expectAckedOnce(database.pool, acked())
}, 90_000)
