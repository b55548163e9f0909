/** A stop in the middle of everything: in order, within its time, and nothing that was acked is lost. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import pg from 'pg'
import { lastingPort } from '../oracle/lasting-port.ts'
import { startOwnPostgres } from '../oracle/own-postgres.ts'
import { createRandom } from '../oracle/random.ts'
import { expectAckedOnce } from '../support/ack-oracle.ts'
import { connectBoard } from '../support/boards.ts'
import { useCleanups } from '../support/cleanups.ts'
import { openEventSocket } from '../support/event-socket.ts'
import { eventually } from '../support/eventually.ts'
import { createRestBoard } from '../support/rest-board.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

const later = useCleanups()

const ownPostgres = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-pg-'))
  later(() => rm(folder, { recursive: true, force: true }))
  const postgres = await startOwnPostgres({
    folder,
    port: await lastingPort(createRandom(process.pid + Date.now())),
  })
  later(postgres.close)
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 })
  pool.on('error', () => {})
  later(() => pool.end())
  return { postgres, pool }
}

/** Boards of every kind that send as fast as they are acked, and viewers of both kinds. */
const loadOf = async (sluice: Sluice) => {
  const boards = await Promise.all(
    ([1, 1, 1, 1, 2, 2] as const).map((qos, index) =>
      connectBoard({ port: sluice.mqttPort, deviceId: `stop-${index}`, qos }),
    ),
  )
  const rests = Array.from({ length: 4 }, (_, index) =>
    createRestBoard({ http: sluice.http, deviceId: `stop-rest-${index}` }),
  )
  for (let viewer = 0; viewer < 5; viewer += 1) {
    const socket = await openEventSocket(sluice.http.replace('http', 'ws'))
    later(socket.close)
    const client = await mqtt.connectAsync(sluice.webSocket, { reconnectPeriod: 0 })
    later(() => client.endAsync(true))
    await client.subscribeAsync('sensors/+/latest')
  }
  for (const board of boards) later(board.close)
  for (const rest of rests) later(rest.abandon)
  for (const each of [...boards, ...rests]) each.start()
  return {
    acked: () => [...boards, ...rests].flatMap((each) => each.acked),
    count: () => Math.min(...[...boards, ...rests].map((each) => each.acked.length)),
    abandon: () =>
      Promise.all([...boards.map((board) => board.close()), ...rests.map((rest) => rest.abandon())]),
  }
}

const PLACES = {
  'Postgres well': { before: async () => {}, after: async () => {} },
  'Postgres away': {
    before: ({ postgres }) => postgres.stop('fast'),
    after: ({ postgres }) => postgres.start(),
  },
  'Postgres frozen': {
    before: ({ postgres }) => postgres.freeze(),
    after: ({ postgres }) => postgres.thaw(),
  },
} as const satisfies Record<
  string,
  Record<'before' | 'after', (place: Awaited<ReturnType<typeof ownPostgres>>) => Promise<void>>
>

const CASES = Object.entries(PLACES)

test.each(CASES)(
  'a stop under load, %s: exit code 0, no stack, and every acked reading is one row',
  async (_, { before, after }) => {
    const place = await ownPostgres()
    const { dataDir, cleanup } = await freshDataDir()
    later(cleanup)
    const settings = { DATA_DIR: dataDir, DATABASE_URL: place.postgres.url, SHUTDOWN_TIMEOUT_MS: '10000' }
    const sluice = await startSluice(settings)
    later(() => sluice.end('SIGKILL'))
    const load = await loadOf(sluice)
    await eventually(() => load.count() > 20, 20_000)
    await before(place)
    const soFar = load.count()
    await eventually(() => load.count() > soFar + 20, 20_000)

    // Exit code 0 is the program's own word that it stopped within SHUTDOWN_TIMEOUT_MS: it is 1 otherwise.
    const ended = await sluice.end('SIGTERM')
    await load.abandon()
    const stacks = sluice.log.filter((line) => 'stack' in line || JSON.stringify(line).includes('    at '))
    expect({ ...ended, stacks }).toEqual({ code: 0, signal: null, stderr: '', stacks: [] })

    await after(place)
    const again = await startSluice(settings)
    later(() => again.end('SIGTERM'))
    await expectAckedOnce(place.pool, load.acked())
  },
  120_000,
)
