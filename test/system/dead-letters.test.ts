import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { bury } from '../support/dead-letters.ts'
import { eventually } from '../support/eventually.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)))
const main = join(root.endsWith('dist') ? root : join(root, 'dist'), 'src/cli/main.js')

let database: FreshDatabase
let sluice: Sluice
let removeData: () => Promise<void>

beforeAll(async () => {
  database = await freshDatabase()
  const { dataDir, cleanup } = await freshDataDir()
  removeData = cleanup
  sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: database.url })
}, 60_000)

afterAll(async () => {
  await sluice?.end('SIGTERM')
  await database?.drop()
  await removeData?.()
})

/** The built command as a process of its own, with the settings of the program. */
const command = (line: string) => {
  const child = spawn(process.execPath, [main, ...line.split(' ')], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, DATABASE_URL: database.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  return new Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>(
    (settle) => {
      child.once('close', (code) => settle({ code, out, err }))
    },
  )
}

const rowsOf = async (deviceId: string) =>
  (await database.pool.query('SELECT * FROM sensor_data WHERE device_id = $1', [deviceId])).rows

test('what a board sends in a wrong way is listed, still refused, and moved once the rules take it', async () => {
  const board = await mqtt.connectAsync(`mqtt://127.0.0.1:${sluice.mqttPort}`, { reconnectPeriod: 0 })
  await board.publishAsync('sensors/porch/data', '{"temperature":"21 °C"}', { qos: 1 })
  const letter = await eventually(async () => {
    const { out } = await command('dlq list --device porch --json')
    return out !== '' && JSON.parse(out)
  })
  expect(letter).toMatchObject({ topic: 'sensors/porch/data', reason: 'bad-value' })
  expect(await command(`dlq show ${letter.id} --raw`)).toMatchObject({
    code: 0,
    out: '{"temperature":"21 °C"}',
  })
  expect(await command(`dlq replay ${letter.id}`)).toMatchObject({
    code: 0,
    out: expect.stringContaining(`${letter.id}  still refused (bad-value: `),
  })
  expect(await rowsOf('porch')).toEqual([])

  const receivedAt = Date.UTC(2024, 1, 3, 4, 5, 6)
  const payload = '{"temperature":21,"boot":"b","seq":1}'
  const [id] = await bury(database, [{ payload, receivedAt, deviceId: 'cellar' }])
  expect(await command('dlq replay --device cellar')).toMatchObject({
    code: 0,
    out: expect.stringContaining(`${id}  moved (1 reading)`),
  })
  expect(await rowsOf('cellar')).toMatchObject([{ temperature: 21, received_at: new Date(receivedAt) }])
  expect((await command('dlq list --device cellar')).out).toBe('no dead letters\n')
  await board.endAsync()
})

test('the command says how it is used, and ends with 2, when it is not understood', async () => {
  expect(await command('dlq')).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('sluice dlq list'),
  })
})
