import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import type { ExternalBroker, ExternalEvents } from '../../mosquitto-compat/index.ts'
import { cleanUp, startBroker } from '../services/broker-rig.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { externalBroker } from '../support/external-rig.ts'
import { startMosquitto, type TestMosquitto } from '../support/mosquitto-broker.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { freshTestCa } from '../support/test-ca.ts'

const later = useCleanups()

const open = async (lines?: readonly string[]): Promise<TestMosquitto> => {
  const mosquitto = await startMosquitto(lines)
  later(mosquitto.cleanup)
  return mosquitto
}

const start = async (
  mosquitto: Pick<TestMosquitto, 'url'>,
  given: Parameters<typeof externalBroker>[1] = {},
) => {
  const broker = externalBroker(mosquitto, { startWaitMs: 1_000, ...given })
  later(broker.close)
  const refused: ExternalEvents['subscription:refused'][0][] = []
  const reasons: string[] = []
  const texts: string[] = []
  broker.events.on('subscription:refused', (event) => refused.push(event))
  broker.events.on('disconnected', ({ reason }) => reasons.push(reason))
  await broker.start(({ payload }, _clientId, done) => {
    texts.push(payload.toString())
    done()
  })
  return { broker, refused, reasons, texts }
}

const health = (broker: ExternalBroker): string => broker.health().message

test('credentials that the broker does not know are told with what to do, and without the secret', async () => {
  const mosquitto = await open(['allow_anonymous false'])
  const { broker, reasons } = await start({ url: mosquitto.url.replace('//', '//me:hunter2@') })
  await eventually(() => reasons.length > 0)
  expect(health(broker)).toMatch(/check the user|access list/)
  expect([health(broker), ...reasons].join()).not.toContain('hunter2')
})

test('a subscription that is refused is told, and taken up once it is granted', async () => {
  // Mosquitto refuses none: it delivers nothing instead. Another Sluice does.
  const may = { subscribe: false }
  const cleanups: (() => unknown)[] = []
  later(() => cleanUp(cleanups))
  const rig = await startBroker(cleanups, {
    policy: {
      admit: async () => ({ ok: true, identity: { role: 'anonymous', name: '' } }),
      mayPublish: () => true,
      mayRetain: () => true,
      maySubscribe: (_identity, filter) => may.subscribe || filter !== 'sensors/+/data',
    },
  })
  const url = `mqtt://127.0.0.1:${rig.address.port}`
  const { broker, refused, texts } = await start({ url }, { protocol: 4, retrySubscribeMs: 100 })
  await eventually(() => refused.length > 0)
  expect(refused[0]).toMatchObject({ filter: 'sensors/+/data', reason: expect.stringContaining('rights') })
  expect(broker.health().ok).toBe(false)
  expect(health(broker)).toContain('give its user read rights')
  may.subscribe = true
  await eventually(() => broker.health().ok)
  await mosquittoPub({ port: rig.address.port, topic: 'sensors/a/data', message: 'x' })
  await eventually(() => texts.includes('x'))
})

test('a subscription that goes silent is noticed, and the connection made anew', async () => {
  const acl = 'topic readwrite #\n'
  const mosquitto = await open()
  const file = join(mosquitto.folder, 'acl')
  await writeFile(file, acl)
  await mosquitto.stop()
  await mosquitto.start(['allow_anonymous true', `acl_file ${file}`])
  const { broker } = await start(mosquitto, { probeEveryMs: 200, probeTimeoutMs: 1_500 })
  // One probe has come back at least.
  const probes: string[] = []
  const listener = await mqtt.connectAsync(mosquitto.url)
  later(() => listener.endAsync(true))
  listener.on('message', (topic) => probes.push(topic))
  await listener.subscribeAsync('sluice/+/probe')
  await eventually(() => probes.length > 1)
  // Rights to read are gone: what is published is acked and delivered to nobody.
  await writeFile(file, 'topic write #\n')
  mosquitto.reload()
  await eventually(() => broker.stats().stalls.subscription > 0, 15_000)
  await writeFile(file, acl)
  mosquitto.reload()
  await eventually(() => broker.health().ok, 15_000)
})

test('a probe that never comes back is told as refused, and costs no connection', async () => {
  const mosquitto = await open()
  const file = join(mosquitto.folder, 'acl')
  await writeFile(file, 'topic readwrite sensors/#\ntopic write time/now\n')
  await mosquitto.stop()
  await mosquitto.start(['allow_anonymous true', `acl_file ${file}`])
  const { broker, refused } = await start(mosquitto, { probeEveryMs: 100, probeTimeoutMs: 500 })
  await eventually(() => refused.length > 0)
  expect(refused[0]).toEqual({
    filter: 'sluice/sluicetest/probe',
    reason: expect.stringContaining('sluice/#'),
  })
  expect(broker.stats()).toMatchObject({ connected: 1, failures: 0, stalls: { subscription: 0 } })
})

test('a broker with TLS is trusted by its CA alone', async () => {
  const ca = await freshTestCa()
  later(ca.remove)
  const { certPath, keyPath, caPath } = ca.paths
  const mosquitto = await open()
  await mosquitto.stop()
  await mosquitto.start(['allow_anonymous true', `certfile ${certPath}`, `keyfile ${keyPath}`])
  const url = `mqtts://localhost:${mosquitto.port}`
  const stranger = await start({ url })
  await eventually(() => stranger.reasons.some((reason) => reason.includes('set BROKER_CA')))
  const plain = await start({ url: `mqtt://localhost:${mosquitto.port}` }, { clientId: 'plain' })
  await eventually(() => plain.reasons.some((reason) => reason.includes('mqtts://')))
  const known = await start({ url }, { caPath, clientId: 'known' })
  await eventually(() => known.broker.health().ok)
  const none = await start({ url }, { caPath: '/nowhere/ca.pem', clientId: 'none' })
  await eventually(() => none.reasons.some((reason) => reason.includes('BROKER_CA')))
})

test('another client with the same client id is told of, and not fought', async () => {
  const mosquitto = await open()
  const first = await start(mosquitto, { maxReconnectMs: 60_000 })
  const second = await start(mosquitto)
  await eventually(() => first.reasons.length > 0)
  expect(first.reasons[0]).toContain('BROKER_CLIENT_ID')
  expect(second.broker.health().ok).toBe(true)
})

test('a session that the broker has forgotten is told of', async () => {
  const mosquitto = await open()
  const lost: unknown[] = []
  const broker = externalBroker(mosquitto, { expectsSession: true })
  later(broker.close)
  broker.events.on('session:lost', (...event) => lost.push(event))
  await broker.start((_message, _clientId, done) => done())
  expect(lost).toHaveLength(1)
})
