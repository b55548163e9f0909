import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect as connectSocket } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.ts'
import { holding, PROTOCOLS, useExternalWorld } from '../support/external-world.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'

const { later, open, source, client } = useExternalWorld()

test.each(PROTOCOLS)('the retained time goes with a program that dies', async (protocol) => {
  const mosquitto = await open()
  const broker = source(mosquitto, {
    protocol,
    willDelayS: 0,
    minReconnectMs: 60_000,
    maxReconnectMs: 60_000,
  })
  await broker.start(holding().intake)
  broker.publish('time/now', '1', { retain: true })
  const board = await client(mosquitto)
  const got: string[] = []
  board.on('message', (_topic, payload) => got.push(payload.toString()))
  await board.subscribeAsync('time/now')
  await eventually(() => got.includes('1'))
  // Another one with its client id ends its connection, as a death would.
  const other = await client(mosquitto, { clientId: 'sluicetest', reconnectPeriod: 0 })
  await eventually(() => got.includes(''))
  await other.endAsync(true)
})

describe('a message that cannot be taken in', () => {
  test('is given up after some attempts, acked and told; those behind it go on', async () => {
    const mosquitto = await open()
    const broker = source(mosquitto)
    const lost: string[] = []
    broker.events.on('message:lost', ({ topic, error }) => lost.push(`${topic} ${error.message}`))
    let attempts = 0
    await broker.start(({ payload }, _clientId, done) => {
      if (payload.toString() !== 'poison') return done()
      attempts += 1
      done(new Error('no way'))
    })
    await mosquittoPub({ port: mosquitto.port, topic: 'sensors/a/data', message: 'poison' })
    await mosquittoPub({ port: mosquitto.port, topic: 'sensors/a/data', message: 'good' })
    await eventually(() => lost.length === 1)
    expect(attempts).toBe(4)
    await eventually(() => broker.stats().unacked === 0)
    expect(lost).toEqual(['sensors/a/data no way'])
    expect(broker.stats()).toMatchObject({ messagesRefused: 4, messagesLost: 1, failures: 0 })
  })

  test('for want of room is tried for as long as it takes', async () => {
    const mosquitto = await open()
    const broker = source(mosquitto)
    let refusals = 20
    let taken = 0
    await broker.start((_message, _clientId, done) => {
      refusals -= 1
      if (refusals >= 0) return done(Object.assign(new Error('full'), { code: 'SPOOL_FULL' }))
      taken += 1
      done()
    })
    await mosquittoPub({ port: mosquitto.port, topic: 'sensors/a/data', message: 'x' })
    await eventually(() => taken === 1)
    await eventually(() => broker.stats().unacked === 0)
    expect(broker.stats()).toMatchObject({ messagesRefused: 20, messagesLost: 0 })
  })
})

test('more than may be held is left with the broker until there is room, and nobody takes that for silence', async () => {
  const mosquitto = await open()
  const broker = source(mosquitto, {
    ...{ maxHeldBytes: 200_000, pingEveryMs: 50, pingTimeoutMs: 300, probeEveryMs: 50, probeTimeoutMs: 300 },
  })
  const { taken, intake, texts } = holding()
  await broker.start(intake)
  const camera = await client(mosquitto)
  const names = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(20_000, '.'))
  await Promise.all(names.map((text) => camera.publishAsync('cameras/a/frame', text, { qos: 1 })))
  await eventually(() => broker.stats().heldBytes > 200_000)
  // Long enough for the watchdog to have judged.
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(taken.length).toBeLessThan(60)
  expect(broker.stats()).toMatchObject({ stalls: { connection: 0, subscription: 0 }, failures: 0 })
  await eventually(() => {
    for (const { done } of taken) done()
    return taken.length === 100
  })
  expect(texts()).toEqual(names)
  await eventually(() => broker.stats().unacked === 0)
})

test('what is larger than a packet may be is left out by a broker of MQTT 5, and what is behind it comes', async () => {
  const mosquitto = await open()
  const broker = source(mosquitto, { maxPacketBytes: 10_000 })
  const { intake, taken } = holding()
  await broker.start(intake)
  const camera = await client(mosquitto)
  for (const bytes of [10_000, 9_000])
    await camera.publishAsync('cameras/a/frame', Buffer.alloc(bytes), { qos: 1 })
  await eventually(() => taken.length > 0)
  expect(taken.map(({ message }) => message.payload.byteLength)).toEqual([9_000])
  expect(broker.stats()).toMatchObject({ failures: 0 })
})

describe('an upgrade to MQTT over WebSocket', () => {
  test('is answered with where it is served', async () => {
    const broker = source({ url: 'mqtt://user:secret@broker.lan:1884' })
    const server = createServer()
    server.on('upgrade', broker.upgrade)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    later(() => server.close())
    const socket = connectSocket((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write('GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    let answer = ''
    for await (const chunk of socket) answer += chunk
    expect(answer).toMatch(/^HTTP\/1\.1 501 /)
    expect(answer).toContain('mqtt://broker.lan:1884')
    expect(answer).not.toContain('secret')
  })
})
