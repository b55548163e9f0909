/** Commands between REST and MQTT through the whole program: both ways at once, one request for both. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mqtt, { type MqttClient } from 'mqtt'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { exchange } from '../support/http-exchange.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

const BOARD = 'board-1'
const ROUNDS = 20
const cleanups: (() => Promise<unknown>)[] = []
const commands: { readonly requestId: string; readonly action: string }[] = []
let sluice: Sluice
let board: MqttClient
let dashboard: MqttClient

beforeAll(async () => {
  const database = await freshDatabase()
  const { dataDir, cleanup } = await freshDataDir()
  cleanups.push(database.drop, cleanup)
  sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: database.url })
  cleanups.push(() => sluice.end('SIGTERM'))
  const url = `mqtt://127.0.0.1:${sluice.mqttPort}`
  board = await mqtt.connectAsync(url, { clientId: BOARD })
  dashboard = await mqtt.connectAsync(url)
  cleanups.push(
    () => board.endAsync(true),
    () => dashboard.endAsync(true),
  )
  board.on('message', (_topic, payload) => commands.push(JSON.parse(String(payload))))
  await board.subscribeAsync(`buzzer/${BOARD}/cmd`, { qos: 1 })
}, 60_000)

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
}, 30_000)

const request = async (): Promise<string> => {
  const body = JSON.stringify({ deviceId: BOARD })
  const headers = { 'content-type': 'application/json' }
  const answer = await exchange(`${sluice.http}/api/v1/buzzer/request`, { method: 'POST', headers, body })
  return String((answer.json as { readonly id: number }).id)
}
const poll = async (): Promise<unknown> =>
  (await exchange(`${sluice.http}/api/v1/buzzer/status/${BOARD}`)).json
const ack = (requestId: string) =>
  board.publishAsync(`buzzer/${BOARD}/ack`, JSON.stringify({ requestId }), { qos: 1 })

test('a request over REST is at the board on MQTT, once, and done by its ack', async () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const requestId = await request()
    await eventually(() => commands.length >= round)
    expect(commands.at(-1)).toMatchObject({ requestId, action: 'beep' })
    await ack(requestId)
  }
  expect(new Set(commands.map(({ requestId }) => requestId)).size).toBe(ROUNDS)
  expect(commands).toHaveLength(ROUNDS)
  expect(await poll()).toEqual({ status: 'no_requests' })
}, 30_000)

test('a command over MQTT is in the first poll after its ack, and names the request boards on MQTT get', async () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = commands.length
    await dashboard.publishAsync(`buzzer/${BOARD}/cmd`, 'ON', { qos: 1 })
    const { requestId } = (await poll()) as { readonly requestId: string }
    await eventually(() => commands.length > before)
    expect(commands.at(-1)?.requestId).toBe(requestId)
    await ack(requestId)
    // The board that polls becomes idle by it.
    expect(await poll()).toEqual({ status: 'no_requests' })
  }
}, 30_000)
