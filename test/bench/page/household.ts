/** A household of boards with a day behind them: what is seen in the pictures of the page. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import mqtt, { type MqttClient } from 'mqtt'
import type { Cleanup } from '../cleanup.ts'

interface Board {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly rssi: number
  /** Metrics and their middles. */
  readonly metrics: { readonly [metric: string]: number }
  /** Hangs up after its first reading. */
  readonly isGone?: true
}

const BOARDS: readonly Board[] = [
  {
    id: 'greenhouse',
    name: 'Greenhouse',
    type: 'esp32',
    rssi: -61,
    metrics: { temperature: 24, humidity: 71, lightLevel: 2600, co2Level: 620 },
  },
  {
    id: 'porch',
    name: 'Porch',
    type: 'esp32',
    rssi: -54,
    metrics: { temperature: 9, humidity: 83, pressure: 1012, lightLevel: 900 },
  },
  {
    id: 'living-room',
    name: 'Living room',
    type: 'esp32-s3',
    rssi: -47,
    metrics: { temperature: 21, humidity: 44, co2Level: 780 },
  },
  {
    id: 'bedroom',
    name: 'Bedroom',
    type: 'esp32-c3',
    rssi: -66,
    metrics: { temperature: 18.5, humidity: 49, co2Level: 910 },
  },
  {
    id: 'cellar',
    name: 'Cellar',
    type: 'esp8266',
    rssi: -82,
    metrics: { temperature: 13, humidity: 66, pressure: 1013 },
  },
  { id: 'attic', name: 'Attic', type: 'esp8266', rssi: -77, metrics: { temperature: 16, humidity: 52 } },
  {
    id: 'rain-barrel',
    name: 'Rain barrel',
    type: 'esp32',
    rssi: -74,
    metrics: { distance: 62, temperature: 7 },
  },
  {
    id: 'beehive',
    name: 'Beehive',
    type: 'esp32',
    rssi: -79,
    metrics: { temperature: 34, humidity: 58, weight: 41 },
  },
  { id: 'front-door', name: 'Front door', type: 'camera', rssi: -58, metrics: { lightLevel: 410 } },
  {
    id: 'weather-mast',
    name: 'Weather mast',
    type: 'esp32',
    rssi: -70,
    metrics: { temperature: 8, humidity: 80, pressure: 1011, altitude: 214 },
  },
  {
    id: 'garage',
    name: 'Garage',
    type: 'esp8266',
    rssi: -85,
    metrics: { temperature: 11, humidity: 61 },
    isGone: true,
  },
  {
    id: 'workshop',
    name: 'Workshop',
    type: 'esp32',
    rssi: -63,
    metrics: { temperature: 17, humidity: 46, co2Level: 540 },
  },
]

const DAY_MS = 86_400_000
const HISTORY_EVERY_MS = 120_000
const PAST = DAY_MS / HISTORY_EVERY_MS
/** Readings in one message. */
const PART = 500

/** How far a value strays from its middle over a day, as a share of it. */
const SWINGS: { readonly [metric: string]: number } = { pressure: 0.004, altitude: 0, weight: 0.02 }
const SWING = 0.09

const readingAt = ({ metrics }: Board, at: number, seq: number): object => {
  const sun = Math.sin((at / DAY_MS) * 2 * Math.PI - Math.PI / 2)
  const ripple = Math.sin(at / 1_700_000) + Math.sin(at / 410_000) / 2
  const values = Object.entries(metrics).map(([metric, middle]) => {
    const value = middle * (1 + (SWINGS[metric] ?? SWING) * (sun + ripple / 8))
    return [metric, Math.round(value * 100) / 100]
  })
  return { ...Object.fromEntries(values), ts: at, boot: 'b1', seq }
}

/** A picture as of a camera among leaves. */
const paintLeaves = async (folder: string): Promise<Buffer> => {
  const path = join(folder, 'leaves.jpg')
  const colours = 'c0=0x1b3d1f:c1=0x5f8f3e:c2=0xc9dfa0:c3=0x2f5d34:n=4'
  const leaves = `gradients=s=1280x960:${colours}:seed=7,format=yuv420p,noise=c0s=6:c0f=u`
  const args = ['-loglevel', 'error', '-y', '-f', 'lavfi', '-i', leaves, '-frames:v', '1', path]
  await promisify(execFile)('ffmpeg', args)
  return await readFile(path)
}

const connect = async (cleanup: Cleanup, mqttPort: number, board: Board): Promise<MqttClient> => {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { clientId: board.id })
  cleanup.add(() => client.endAsync(true))
  const say = (topic: string, body: object) => client.publishAsync(topic, JSON.stringify(body), { qos: 1 })
  const { id, name, type, rssi } = board
  await say(`devices/${id}/register`, { deviceId: id, deviceName: name, deviceType: type, capabilities: [] })
  const uptime = 3_600_000 * (1 + name.length)
  await say(`devices/${id}/heartbeat`, { deviceId: id, wifiRssi: rssi, freeHeap: 152_000, uptime })
  const now = Date.now()
  const past: object[] = []
  for (let at = now - DAY_MS; at < now; at += HISTORY_EVERY_MS)
    past.push(readingAt(board, at, past.length + 1))
  for (let from = 0; from < past.length; from += PART)
    await say(`sensors/${id}/data`, past.slice(from, from + PART))
  return client
}

/** Beeps as it is told to, a moment later. */
const answerBuzzer = async (client: MqttClient, id: string): Promise<void> => {
  await client.subscribeAsync(`buzzer/${id}/cmd`, { qos: 1 })
  client.on('message', (_topic, payload) => {
    const { requestId } = JSON.parse(String(payload))
    setTimeout(() => void client.publish(`buzzer/${id}/ack`, JSON.stringify({ requestId })), 250)
  })
}

/** Resolves when all have sent their past; they go on, once a second, until the end of the scenario. */
export const startHousehold = async (cleanup: Cleanup, mqttPort: number, folder: string): Promise<void> => {
  const clients = await Promise.all(BOARDS.map((board) => connect(cleanup, mqttPort, board)))
  let seq = PAST
  const send = (): void => {
    seq += 1
    for (const [n, board] of BOARDS.entries()) {
      if (board.isGone) continue
      const body = JSON.stringify(readingAt(board, Date.now(), seq))
      clients[n]?.publish(`sensors/${board.id}/data`, body, { qos: 1 })
    }
  }
  const greenhouse = clients[0]
  await greenhouse?.publishAsync('sensors/greenhouse/data', '{"temperature": 24.', { qos: 1 })
  await greenhouse?.publishAsync('sensors/greenhouse/data', '{"temperature": "warm"}', { qos: 1 })
  if (greenhouse !== undefined) await answerBuzzer(greenhouse, 'greenhouse')
  await greenhouse?.publishAsync('cameras/greenhouse/frame', await paintLeaves(folder), { qos: 1 })
  await clients[BOARDS.findIndex(({ isGone }) => isGone)]?.endAsync()
  send()
  const timer = setInterval(send, 1_000)
  cleanup.add(async () => clearInterval(timer))
}
