import { expect, test } from '@jest/globals'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { externalBroker } from '../support/external-rig.ts'
import { holding, isUp, PROTOCOLS } from '../support/external-world.ts'
import {
  CONNACK,
  type Script,
  type ScriptedConnection,
  startScriptedBroker,
  subackFor,
} from '../support/scripted-broker.ts'

const later = useCleanups()

const LIMITS = { connectTimeoutMs: 1_000, pingEveryMs: 500, pingTimeoutMs: 2_000, startWaitMs: 10 } as const

const start = async (protocol: 4 | 5, script: Script, given: Parameters<typeof externalBroker>[1] = {}) => {
  const scripted = await startScriptedBroker(protocol, script)
  later(scripted.close)
  const broker = externalBroker(scripted, { protocol, ...LIMITS, ...given })
  later(broker.close)
  return { scripted, broker }
}

const pictureOf = (bytes: number, messageId = 1): Packet => ({
  ...{ cmd: 'publish', topic: 'cameras/a/frame', payload: Buffer.alloc(bytes), messageId },
  ...{ qos: 1, retain: false, dup: true },
})

/** Sends it in 3.5 s. */
const drip = (connection: ScriptedConnection, bytes: Buffer, then: () => void): void => {
  const part = Math.ceil(bytes.byteLength / 35)
  let at = 0
  const timer = setInterval(() => {
    connection.write(bytes.subarray(at, at + part))
    at += part
    if (at < bytes.byteLength) return
    clearInterval(timer)
    then()
  }, 100)
  later(() => clearInterval(timer))
}

test.each(PROTOCOLS)(
  'a picture that comes for longer than a connect may take, before the SUBACK, is waited for (MQTT %i)',
  async (protocolVersion) => {
    const { scripted, broker } = await start(protocolVersion, (packet, connection) => {
      if (packet.cmd === 'connect') connection.send(CONNACK)
      // No PINGRESP: it would have to wait for the end of the picture.
      if (packet.cmd !== 'subscribe') return
      const bytes = mqttPacket.generate(pictureOf(35_000), { protocolVersion })
      drip(connection, bytes, () => connection.send(subackFor(packet)))
    })
    const { intake, taken } = holding()
    await broker.start(intake)
    await isUp(broker)
    expect(taken).toHaveLength(1)
    expect(broker.stats()).toMatchObject({ connects: 1, failures: 0 })
    expect(scripted.connections).toHaveLength(1)
    // Meanwhile the broker heard of us.
    expect(scripted.connections[0]?.packets).toContainEqual(expect.objectContaining({ cmd: 'pingreq' }))
  },
)

test('a picture that comes for longer than a probe may take is no silence', async () => {
  const probes: Packet[] = []
  const { broker } = await start(
    5,
    (packet, connection) => {
      if (packet.cmd === 'connect') connection.send(CONNACK)
      if (packet.cmd === 'subscribe') connection.send(subackFor(packet))
      if (packet.cmd !== 'publish') return
      probes.push(packet)
      // The first comes back, the others wait behind the picture.
      if (probes.length === 1) connection.send(packet)
      if (probes.length !== 2) return
      const bytes = mqttPacket.generate(pictureOf(1_000_000), { protocolVersion: 5 })
      drip(connection, bytes, () => probes.slice(1).forEach(connection.send))
    },
    { pingEveryMs: 60_000, probeEveryMs: 100, probeTimeoutMs: 1_500 },
  )
  const { intake, taken } = holding()
  await broker.start(intake)
  await eventually(() => taken.length > 0 || broker.stats().failures > 0, 15_000)
  expect(broker.stats()).toMatchObject({
    connects: 1,
    failures: 0,
    stalls: { connection: 0, subscription: 0 },
  })
})

test('a connection that we do not read, for what we hold, is not taken for one that does not answer', async () => {
  let subscribe: (() => void) | undefined
  const { scripted, broker } = await start(
    5,
    (packet, connection) => {
      if (packet.cmd === 'connect') connection.send(CONNACK)
      if (packet.cmd !== 'subscribe') return
      for (const messageId of [1, 2]) connection.send(pictureOf(50_000, messageId))
      subscribe = () => connection.send(subackFor(packet))
      setTimeout(subscribe, 100)
    },
    { maxHeldBytes: 60_000 },
  )
  const { intake, taken } = holding()
  await broker.start(intake)
  await eventually(() => taken.length === 2)
  // Long enough for it to have been judged.
  await new Promise((resolve) => setTimeout(resolve, 3_500))
  expect(scripted.connections).toHaveLength(1)
  for (const { done } of taken) done()
  await eventually(() => broker.health().ok)
  expect(broker.stats()).toMatchObject({ connects: 1, failures: 0 })
})

test('a broker that wants to hear of its clients more often does', async () => {
  const { scripted, broker } = await start(
    5,
    (packet, connection) => {
      if (packet.cmd === 'connect') connection.send({ ...CONNACK, properties: { serverKeepAlive: 2 } })
      if (packet.cmd === 'subscribe') connection.send(subackFor(packet))
      if (packet.cmd === 'pingreq') connection.send({ cmd: 'pingresp' })
    },
    { pingEveryMs: 60_000 },
  )
  await broker.start(holding().intake)
  await eventually(() => scripted.connections[0]?.packets.some(({ cmd }) => cmd === 'pingreq'))
})

test('a broker of 3.1.1 is not asked for the retained status of every board again and again', async () => {
  const asked: (readonly string[])[] = []
  const { broker } = await start(
    4,
    (packet, connection) => {
      if (packet.cmd === 'connect') connection.send(CONNACK)
      if (packet.cmd !== 'subscribe') return
      asked.push(packet.subscriptions.map(({ topic }) => topic))
      connection.send(subackFor(packet))
    },
    { resubscribeEveryMs: 100 },
  )
  await broker.start(holding().intake)
  await eventually(() => asked.length > 1)
  expect(asked[1]).toEqual(asked[0]?.filter((filter) => filter !== 'devices/+/status'))
  expect(asked[0]).toContain('devices/+/status')
  expect(broker.health().ok).toBe(true)
})

test.each(['connect', 'subscribe'])(
  'a broker that does not answer a %s is left in time',
  async (unanswered) => {
    const { broker } = await start(5, (packet, connection) => {
      if (packet.cmd === unanswered) return
      if (packet.cmd === 'connect') connection.send(CONNACK)
      if (packet.cmd === 'subscribe') connection.send(subackFor(packet))
    })
    const reasons: string[] = []
    broker.events.on('disconnected', ({ reason }) => reasons.push(reason))
    await broker.start(holding().intake)
    await eventually(() => reasons.length > 0)
    expect(reasons[0]).toBe('the broker did not answer in time')
  },
)
