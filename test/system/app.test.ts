/** The boards and the app of the older system together, with their own timing, headers and time-outs. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mqtt, { type MqttClient } from 'mqtt'
import { type LiveScreen, openLiveScreen } from '../support/app-live.ts'
import { type App, createApp } from '../support/app-screens.ts'
import { type Camera, startCamera, startOldCamera } from '../support/camera-sketches.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { type FaceService, startFaceService } from '../support/face-service.ts'
import { exchange } from '../support/http-exchange.ts'
import { fixture } from '../support/recordings.ts'
import { type Sensor, startSensor } from '../support/sensor-sketch.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

const SENSOR = 'esp32-multi-sensor-1'
const CAMERA = 'ESP32-CAM-001'
const MQTT_BOARD = 'mqtt-board-1'
const cleanups: (() => Promise<unknown>)[] = []

let sluice: Sluice
let face: FaceService
let app: App
let live: LiveScreen
let sensor: Sensor
let camera: Camera
let oldCamera: Camera
let board: MqttClient
const commands: string[] = []

beforeAll(async () => {
  const database = await freshDatabase()
  const { dataDir, cleanup } = await freshDataDir()
  face = await startFaceService()
  cleanups.push(database.drop, cleanup, face.close)
  sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: database.url, RECOGNITION_URL: face.url })
  cleanups.push(() => sluice.end('SIGTERM'))
  app = createApp(sluice.http)
  live = await openLiveScreen(sluice.http)
  board = await mqtt.connectAsync(`mqtt://127.0.0.1:${sluice.mqttPort}`, { clientId: MQTT_BOARD })
  cleanups.push(() => board.endAsync(true))
  board.on('message', (_topic, payload) => commands.push(String(payload)))
  await board.subscribeAsync(`buzzer/${MQTT_BOARD}/cmd`)
  sensor = startSensor({ http: sluice.http, deviceId: SENSOR })
  camera = startCamera({ http: sluice.http, deviceId: CAMERA })
  // A beat every 2 s instead of every 30 s, so that some are within the test.
  oldCamera = startOldCamera({ http: sluice.http, deviceId: 'OLD-CAM', heartbeatMs: 2_000 })
  cleanups.push(sensor.stop, camera.stop, oldCamera.stop)
}, 60_000)

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
}, 30_000)

const statusOf = async (deviceId: string): Promise<unknown> => {
  const answer = await exchange(`${sluice.http}/api/v1/buzzer/status?deviceId=${deviceId}`)
  return (answer.json as { status?: unknown }).status
}
/** The board has beeped that often, and has said so. A ping that comes earlier joins the one under way. */
const beepsOf = (count: number) =>
  eventually(async () => sensor.beeps.length >= count && (await statusOf(SENSOR)) === 'completed', 10_000)

test('the Sensors tab shows the board under its registered name, by a type that contains sensor', async () => {
  const shown = await eventually(async () => {
    const listed = await app.sensors.list()
    return listed.find(({ deviceId }) => deviceId === SENSOR)
  })
  expect(shown).toEqual({
    deviceId: SENSOR,
    deviceName: 'Lab Sensor Unit',
    deviceType: expect.stringContaining('sensor'),
  })
})

test('its readings appear newest first, at times that the app can show, a failed read as 0', async () => {
  const readings = await eventually(async () => {
    const shown = await app.sensors.readings(SENSOR)
    return shown.length >= 7 && shown
  }, 15_000)
  const times = readings.map(({ timestamp }) => timestamp)
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  expect(Math.abs((times[0] ?? 0) - Date.now())).toBeLessThan(600_000)
  const reads = readings.map(({ lightLevel }) => lightLevel)
  expect(reads).toEqual(reads.toSorted((a, b) => b - a))
  expect(readings.find(({ lightLevel }) => lightLevel === 3)).toMatchObject({ temperature: 0, humidity: 0 })
}, 20_000)

test('a ping beeps once, and the next one beeps again', async () => {
  const before = sensor.beeps.length
  for (let ping = 1; ping <= 3; ping += 1) {
    await app.devices.ping(SENSOR)
    await beepsOf(before + ping)
  }
  expect(new Set(sensor.beeps).size).toBe(sensor.beeps.length)
}, 20_000)

test('two pings in one go do not leave the board deaf', async () => {
  const before = sensor.beeps.length
  await Promise.all([app.devices.ping(SENSOR), app.devices.ping(SENSOR)])
  await beepsOf(before + 1)
  const after = sensor.beeps.length
  await app.devices.ping(SENSOR)
  await beepsOf(after + 1)
  expect(new Set(sensor.beeps).size).toBe(sensor.beeps.length)
}, 20_000)

test('a ping reaches a board on MQTT too, whose ack completes it', async () => {
  await app.devices.ping(MQTT_BOARD)
  const command = await eventually(() => commands[0])
  const { requestId, action, durationMs, expiresAt } = JSON.parse(command) as Record<string, unknown>
  expect({ requestId, action, durationMs, expiresAt }).toEqual({
    requestId: expect.stringMatching(/^\d+$/),
    action: 'beep',
    durationMs: 250,
    expiresAt: expect.any(Number),
  })
  await board.publishAsync(`buzzer/${MQTT_BOARD}/ack`, JSON.stringify({ requestId }), { qos: 1 })
  await eventually(async () => (await statusOf(MQTT_BOARD)) === 'completed')
})

test('a command published over MQTT beeps the board that polls', async () => {
  const before = sensor.beeps.length
  await board.publishAsync(`buzzer/${SENSOR}/cmd`, 'beep', { qos: 1 })
  await beepsOf(before + 1)
  expect(sensor.beeps).toHaveLength(before + 1)
}, 15_000)

test('the Devices tab can show every device, and the counts of commands', async () => {
  const cards = await app.devices.cards()
  expect(cards.map(({ deviceId }) => deviceId)).toEqual(expect.arrayContaining([SENSOR, CAMERA, 'OLD-CAM']))
  for (const card of cards) expect(card).toMatchObject({ status: 'ONLINE', buttons: true })
  expect(cards.find(({ deviceId }) => deviceId === 'OLD-CAM')).toMatchObject({
    title: 'Old camera',
    capabilities: 'streaming, recording, capture',
  })
  expect(await app.devices.system()).toMatch(/^\d+\/\d+, [1-9]\d* Sent$/)
})

test('the Live tab shows every announced frame, and who was recognised only where that is known', async () => {
  await eventually(() => live.shown > 100 && camera.sent > 100 && oldCamera.sent > 5, 20_000)
  expect(live.missing).toEqual([])
  expect(live.states).toEqual(['connected'])
  expect(live.recognised).toEqual([])
  expect(face.asked.get('/api/v1/recognize')).toBeGreaterThan(0)
}, 25_000)

test('what the Live tab records is in the Library, plays, and can be deleted', async () => {
  const { recordingId, frameCount } = await app.live.record()
  expect(frameCount).toBeGreaterThanOrEqual(2)
  const item = (await app.library.recordings()).find(({ name }) => name === recordingId)
  expect(item).toMatchObject({ url: `/recordings/${recordingId}`, size: expect.any(Number) })
  // As a video player begins.
  const player = await exchange(`${sluice.http}/recordings/${recordingId}`, {
    headers: { Range: 'bytes=0-1' },
  })
  expect(player.status).toBe(206)
  expect(player.headers['content-range']).toBe(`bytes 0-1/${item?.size}`)
  expect(player.headers['content-type']).toBe('video/mp4')
  await app.library.remove(recordingId)
  expect(await app.library.recordings()).toEqual([])
  expect((await app.library.frames()).length).toBeGreaterThan(100)
}, 40_000)

test('a face is added', async () => {
  await app.live.addFace('Alice', fixture('frame-small.jpg'))
  expect(face.asked.get('/api/v1/recognition/add-permitted-face')).toBe(1)
})

test('no client saw a failure, and the app repeated nothing', async () => {
  await Promise.all([sensor.stop(), camera.stop(), oldCamera.stop()])
  expect(sensor.failures).toEqual([])
  expect(camera.failures).toEqual([])
  expect(oldCamera.failures).toEqual([])
  expect(app.repeats).toEqual([])
  expect(sensor.readings).toBeGreaterThan(5)
  await live.close()
  expect(live.missing).toEqual([])
  expect(live.states).toEqual(['connected', 'closed 1000'])
}, 20_000)
