/** TLS on the built program: MQTT, WebSocket and HTTP, a certificate that is renewed, and files that are no use. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import { createPostgresCredentials } from '../../bridge/stores/postgres-credentials.ts'
import { hashSecret, makeSecret } from '../../src/access/index.ts'
import { useCleanups } from '../support/cleanups.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { freshDataDir, runSluice, type Settings, startSluice } from '../support/sluice.ts'
import { freshTestCa, type TestCa } from '../support/test-ca.ts'

const cleanup = useCleanups()
let ours: TestCa
beforeAll(async () => {
  ours = await freshTestCa()
})
afterAll(() => ours.remove())

const settingsOf = ({ paths }: TestCa): Settings => ({
  USEDB: 'false',
  TLS_CERT: paths.certPath,
  TLS_KEY: paths.keyPath,
  TLS_CA: paths.caPath,
})

const start = async (ca: TestCa, more: Settings = {}) => {
  const { dataDir, cleanup: remove } = await freshDataDir()
  cleanup(remove)
  const sluice = await startSluice({ ...settingsOf(ca), ...more, DATA_DIR: dataDir })
  cleanup(() => sluice.end('SIGKILL'))
  const { https, mqtts } = sluice.log.find(({ msg }) => msg === 'listening') ?? {}
  return {
    sluice,
    https: String(https),
    mqttsPort: Number(new URL(String(mqtts)).port),
    mqtts: String(mqtts),
  }
}

const ask = (url: string, body?: string): Promise<{ status: number; json: Record<string, unknown> }> =>
  new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' }
    const sent = request(url, {
      ca: ours.ca,
      agent: false,
      method: body === undefined ? 'GET' : 'POST',
      headers,
    })
    sent.once('error', reject)
    sent.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) }))
    })
    sent.end(body)
  })

/** The name in the certificate that is shown on a port. */
const nameShown = async (port: number, { ca }: TestCa): Promise<string> => {
  const socket = connect({ port, host: '127.0.0.1', ca, checkServerIdentity: () => undefined })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}

test('mosquitto_pub over TLS, HTTPS and MQTT over wss reach the same readings, and /health tells where', async () => {
  const database = await freshDatabase()
  cleanup(database.drop)
  const { https, mqtts, mqttsPort, sluice } = await start(ours, { USEDB: 'true', DATABASE_URL: database.url })
  await createPostgresCredentials(database.pool).add({
    name: 'esp32-1',
    role: 'device',
    secretHash: await hashSecret(makeSecret()),
  })
  const message = '{"temperature":21.5}'
  const board = await ours.client('esp32-1')
  const tls = { cafile: ours.paths.caPath, ...board }
  await mosquittoPub({
    port: mqttsPort,
    clientId: 'esp32-1',
    topic: 'sensors/esp32-1/data',
    message,
    tls,
  })
  // A certificate is good for a device that was added, and only until it is revoked.
  const unknown = { ...tls, ...(await ours.client('esp32-9')) }
  await expect(
    mosquittoPub({ port: mqttsPort, topic: 'sensors/esp32-9/data', message, tls: unknown }),
  ).rejects.toThrow('not authorised')
  const ingest = `${https}/api/v1/ingest/sensor-data`
  expect((await ask(ingest, '{"deviceId":"esp32-2","temperature":19}')).status).toBe(200)
  const dashboard = await mqtt.connectAsync(`${https.replace('https', 'wss')}/mqtt`, { ca: ours.ca })
  cleanup(() => dashboard.endAsync(true))
  const latest: string[] = []
  dashboard.on('message', (topic) => latest.push(topic))
  await dashboard.subscribeAsync('sensors/+/latest')
  await eventually(() => latest.length >= 2)
  expect(new Set(latest)).toEqual(new Set(['sensors/esp32-1/latest', 'sensors/esp32-2/latest']))
  const { json } = await ask(`${https}/health`)
  expect(json.parts).toMatchObject({ broker: { http: sluice.http, https, mqtts } })
  expect((await (await fetch(`${sluice.http}/metrics`)).text()).split('\n')).toContainEqual(
    expect.stringMatching(/^sluice_tls_certificate_days_left 36[45]/),
  )
  expect((await sluice.end('SIGTERM')).code).toBe(0)
})

test('a renewed certificate is shown on both ports without a restart, a broken one is not and is told', async () => {
  const ca = await freshTestCa()
  cleanup(ca.remove)
  const { https, mqttsPort, sluice } = await start(ca)
  const ports = [mqttsPort, Number(new URL(https).port)]
  const names = () => Promise.all(ports.map((port) => nameShown(port, ca)))
  expect(await names()).toEqual(['localhost', 'localhost'])
  await ca.renew('renewed.example')
  await eventually(() => sluice.log.some(({ msg }) => msg === 'the TLS certificate was renewed'))
  expect(await names()).toEqual(['renewed.example', 'renewed.example'])
  await writeFile(ca.paths.keyPath, 'secret of nobody')
  await eventually(() =>
    sluice.log.some(
      ({ level, msg, error }) =>
        level === 'error' &&
        /^the changed TLS files cannot be used/.test(String(msg)) &&
        /^TLS_KEY \(.+\) holds no private key/.test(String(error)),
    ),
  )
  expect(JSON.stringify(sluice.log)).not.toContain('secret of nobody')
  expect(await names()).toEqual(['renewed.example', 'renewed.example'])
})

test('a key that belongs to another certificate keeps it from starting, and it says so', async () => {
  const other = await freshTestCa()
  cleanup(other.remove)
  const { dataDir, cleanup: remove } = await freshDataDir()
  cleanup(remove)
  const settings = { ...settingsOf(ours), TLS_KEY: other.paths.keyPath, DATA_DIR: dataDir }
  const { code, log } = await runSluice(settings)
  expect(code).toBe(1)
  expect(log.at(-1)).toMatchObject({
    level: 'fatal',
    code: 'TLS_FILES',
    msg: expect.stringMatching(/^TLS_KEY .+ does not belong to the first certificate in TLS_CERT/),
  })
})

test('a TLS port that is taken keeps it from starting, and it names the setting', async () => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  cleanup(() => other.close())
  const { port } = other.address() as { port: number }
  const { dataDir, cleanup: remove } = await freshDataDir()
  cleanup(remove)
  const settings = { ...settingsOf(ours), MQTT_TLS_PORT: String(port), DATA_DIR: dataDir }
  const { code, log } = await runSluice(settings)
  expect([code, log.at(-1)]).toMatchObject([
    1,
    {
      code: 'LISTEN_FAILED',
      msg: `MQTT TLS port ${port} on 127.0.0.1 is in use: stop the other program (a Mosquitto?) or set MQTT_TLS_PORT`,
    },
  ])
})
