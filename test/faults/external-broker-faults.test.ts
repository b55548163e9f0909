import { expect, test } from '@jest/globals'
import { waitUntilQuiet } from '../oracle/verdict/gather.ts'
import { judgeProcess } from '../oracle/verdict/process.ts'
import { expectAckedOnce } from '../support/ack-oracle.ts'
import { type Board, connectBoard } from '../support/boards.ts'
import { useCleanups } from '../support/cleanups.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { startMosquitto } from '../support/mosquitto-broker.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

const later = useCleanups()

const createWorld = async () => {
  const database = await freshDatabase()
  later(database.drop)
  // As in the shipped mosquitto.conf: with its own 20, Mosquitto 2.0.11 acks what is in flight beyond them at QoS 2 and
  // forgets it, with any subscriber.
  const mosquitto = await startMosquitto(['allow_anonymous true', 'max_inflight_messages 8192'])
  later(mosquitto.cleanup)
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const settings = { DATA_DIR: dataDir, DATABASE_URL: database.url, BROKER_URL: mosquitto.url }
  const runs: Sluice[] = []
  const start = async (): Promise<Sluice> => {
    const sluice = await startSluice(settings)
    runs.push(sluice)
    later(() => sluice.end('SIGTERM'))
    return sluice
  }
  return { database, mosquitto, runs, start }
}

/** Half of them QoS 1, half QoS 2; `everyMs` absent: as fast as the acks come. */
const startBoards = async (port: number, everyMs?: number) => {
  const pace = everyMs === undefined ? {} : { everyMs }
  const boards = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      connectBoard({ port, deviceId: `faults-${index}`, qos: index % 2 === 0 ? 1 : 2, ...pace }),
    ),
  )
  for (const board of boards) later(board.close)
  for (const board of boards) board.start()
  const acked = () => boards.reduce((sum, board) => sum + board.acked.length, 0)
  const more = async (count: number): Promise<void> => {
    const before = acked()
    await eventually(() => acked() >= before + count, 20_000)
  }
  return { boards, more }
}

const WRONG = `SELECT device_id, seq, temperature FROM sensor_data WHERE temperature IS DISTINCT FROM seq::float8 / 10`

/** Every acked reading is one row with its values, nothing else is, the sheet says so, and nothing broke inside. */
const expectNothingLost = async (
  { pool }: FreshDatabase,
  boards: readonly Board[],
  runs: readonly Sluice[],
): Promise<void> => {
  await Promise.all(boards.map((board) => board.stop()))
  const acked = boards.flatMap((board) => board.acked)
  expect(acked.length).toBe(boards.reduce((sum, board) => sum + board.published, 0))
  await expectAckedOnce(pool, acked, 60_000)
  expect((await pool.query(WRONG)).rows).toEqual([])
  const last = runs.at(-1)
  const { balance, balanceProblem } = await waitUntilQuiet(last?.http ?? '', 30_000)
  expect(balanceProblem).toBeNull()
  expect(balance).toMatchObject({
    remainder: 0,
    spooled: 0,
    inFlight: 0,
    deadLettered: 0,
    stored: acked.length,
  })
  expect(balance?.received).toBe(acked.length + (balance?.deduplicated ?? Number.NaN))
  await last?.end('SIGTERM')
  const ends = await Promise.all(runs.map(({ ended }) => ended))
  expect(judgeProcess({ ends, log: runs.flatMap(({ log }) => log) })).toEqual([])
}

test('with Sluice killed, stopped and Mosquitto restarted under load, every reading that Mosquitto acked is one row', async () => {
  const { database, mosquitto, runs, start } = await createWorld()
  let sluice = await start()
  const { boards, more } = await startBoards(mosquitto.port, 4)
  for (let round = 0; round < 2; round += 1) {
    await more(1_500)
    await sluice.end(round === 0 ? 'SIGKILL' : 'SIGTERM')
    await more(500)
    sluice = await start()
    await more(1_500)
    await mosquitto.stop()
    await mosquitto.start()
  }
  await more(500)
  await expectNothingLost(database, boards, runs)
}, 120_000)

test('what Mosquitto kept while Sluice was killed, tens of thousands at once, is one row each, also when Mosquitto is restarted meanwhile', async () => {
  const { database, mosquitto, runs, start } = await createWorld()
  const sluice = await start()
  const { boards, more } = await startBoards(mosquitto.port)
  await more(1_500)
  await sluice.end('SIGKILL')
  await more(30_000)
  await start()
  await more(1_000)
  await mosquitto.stop()
  await mosquitto.start()
  await more(500)
  await expectNothingLost(database, boards, runs)
}, 120_000)
