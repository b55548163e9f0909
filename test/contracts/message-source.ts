/** What the bridge may rely on of whatever brings it messages: the embedded broker, or an external one. */
import { afterEach, describe, expect, test } from '@jest/globals'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import type { Done, Intake, Message, Publisher } from '../../bridge/index.ts'
import { BridgeError } from '../../bridge/index.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'

export interface SourceUnderTest extends Publisher {
  start(intake: Intake): Promise<unknown>
  /** Takes nothing more in, and closes. */
  stop(): Promise<void>
}

export interface SourceRig {
  /** Where boards and dashboards connect. */
  readonly port: () => number
  /** A source that is not started; the next one has what the one before kept. */
  readonly create: () => Promise<SourceUnderTest>
  readonly cleanup: () => Promise<void>
}

interface TakenIn {
  readonly message: Message
  readonly done: Done
}

type Way = { hold: boolean; answer: (message: Message) => Error | undefined }

const isClient = async (cleanups: (() => unknown)[], port: number, given: IClientOptions = {}) => {
  const client: MqttClient = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    reconnectPeriod: 50,
    ...given,
  })
  client.on('error', () => {})
  cleanups.push(() => client.endAsync(true).catch(() => undefined))
  return client
}

export const describeMessageSource = (name: string, createRig: () => Promise<SourceRig>): void => {
  describe(name, () => {
    const cleanups: (() => unknown)[] = []
    afterEach(async () => {
      for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) await next()
    })

    const start = async (rig: SourceRig) => {
      const source = await rig.create()
      cleanups.push(() => source.stop())
      const taken: TakenIn[] = []
      const way: Way = { hold: false, answer: () => undefined }
      await source.start((message, _clientId, done) => {
        taken.push({ message, done })
        if (!way.hold) done(way.answer(message))
      })
      const payloads = () => taken.map(({ message }) => message.payload.toString())
      return { source, taken, way, payloads }
    }

    const open = async () => {
      const rig = await createRig()
      cleanups.push(rig.cleanup)
      return { rig, ...(await start(rig)) }
    }

    const client = (rig: SourceRig, given?: IClientOptions) => isClient(cleanups, rig.port(), given)

    /** What a subscriber has got so far. */
    const subscriber = async (rig: SourceRig, filter: string) => {
      const got: string[] = []
      const listening = await client(rig)
      listening.on('message', (topic, payload) => got.push(`${topic} ${payload}`))
      await listening.subscribeAsync(filter, { qos: 1 })
      return got
    }

    test.each([
      'sensors/a/data',
      'devices/a/register',
      'devices/a/heartbeat',
      'devices/a/status',
      'buzzer/a/cmd',
      'buzzer/a/ack',
      'cameras/a/frame',
    ])('brings what is published on %s, its bytes as they are', async (topic) => {
      const { rig, taken } = await open()
      const payload = Buffer.from([0, 1, 2, 0xff, 0xd8])
      await (await client(rig)).publishAsync(topic, payload, { qos: 1 })
      const [{ message }] = (await eventually(() => taken.length > 0 && taken)) as [TakenIn]
      expect(message).toMatchObject({ topic, qos: 1, retain: false })
      expect(Buffer.compare(message.payload, payload)).toBe(0)
    })

    test('brings QoS 0, 1 and 2 of mosquitto_pub', async () => {
      const { rig, payloads } = await open()
      for (const qos of [0, 1, 2] as const)
        await mosquittoPub({ port: rig.port(), topic: 'sensors/a/data', message: `q${qos}`, qos })
      await eventually(() => payloads().length === 3)
      expect(payloads()).toEqual(['q0', 'q1', 'q2'])
    })

    test('hands over many messages while none is done yet, in the order of each sender', async () => {
      const { rig, way, taken, payloads } = await open()
      way.hold = true
      const board = await client(rig)
      const names = Array.from({ length: 15 }, (_, index) => `${index}`)
      const published = names.map((text) => board.publishAsync('sensors/a/data', text, { qos: 1 }))
      await eventually(() => taken.length === names.length)
      expect(payloads()).toEqual(names)
      // Done in any order.
      for (const { done } of [...taken].reverse()) done()
      await Promise.all(published)
    })

    test('brings again, after a restart, what it was not told to be done with', async () => {
      const { rig, source, way, taken } = await open()
      way.hold = true
      const board = await client(rig, { clientId: 'board', clean: false })
      const published = board.publishAsync('sensors/a/data', 'precious', { qos: 1 })
      await eventually(() => taken.length === 1)
      await source.stop()
      const next = await start(rig)
      await eventually(() => next.payloads().includes('precious'), 15_000)
      await published
    })

    test('brings again what was refused, until it is taken in', async () => {
      const { rig, way, payloads } = await open()
      let refusals = 3
      way.answer = () => {
        refusals -= 1
        return refusals >= 0 ? new BridgeError('SPOOL_FULL', 'full') : undefined
      }
      const board = await client(rig, { clientId: 'board', clean: false })
      await board.publishAsync('sensors/a/data', 'kept', { qos: 1 })
      await eventually(() => payloads().length === 4, 15_000)
      expect(payloads()).toEqual(['kept', 'kept', 'kept', 'kept'])
    })

    test('lives on after an intake that throws', async () => {
      const rig = await createRig()
      cleanups.push(rig.cleanup)
      const source = await rig.create()
      cleanups.push(() => source.stop())
      const seen: string[] = []
      await source.start((message, _clientId, done) => {
        seen.push(message.payload.toString())
        if (message.payload.toString() === 'bad') throw new Error('broken')
        done()
      })
      const board = await client(rig, { reconnectPeriod: 0 })
      board.publish('sensors/a/data', 'bad', { qos: 1 })
      await eventually(() => seen.includes('bad'))
      await mosquittoPub({ port: rig.port(), topic: 'sensors/a/data', message: 'good' })
      await eventually(() => seen.includes('good'), 15_000)
    })

    test('brings the will of a board whose connection broke', async () => {
      const { rig, taken } = await open()
      const will = {
        topic: 'devices/a/status',
        payload: Buffer.from('offline'),
        qos: 1,
        retain: true,
      } as const
      const board = await client(rig, { will, reconnectPeriod: 0 })
      board.stream.destroy()
      await eventually(() => taken.some(({ message }) => message.payload.toString() === 'offline'))
    })

    test('brings a retained message once, also over a restart', async () => {
      const { rig, source, payloads } = await open()
      const board = await client(rig)
      await board.publishAsync('devices/a/status', 'online', { qos: 1, retain: true })
      await eventually(() => payloads().length === 1)
      await source.stop()
      const next = await start(rig)
      await mosquittoPub({ port: rig.port(), topic: 'sensors/a/data', message: 'end' })
      await eventually(() => next.payloads().includes('end'))
      expect(next.payloads()).toEqual(['end'])
    })

    test('sends what is published to subscribers, and what is retained to later ones', async () => {
      const { rig, source } = await open()
      const early = await subscriber(rig, 'sensors/a/latest')
      source.publish('sensors/a/latest', 'one', { retain: true })
      await eventually(() => early.length === 1)
      const late = await subscriber(rig, 'sensors/+/latest')
      await eventually(() => late.length === 1)
      expect([early, late]).toEqual([['sensors/a/latest one'], ['sensors/a/latest one']])
    })

    test('takes what is retained before the start, the newest of each topic', async () => {
      const rig = await createRig()
      cleanups.push(rig.cleanup)
      const source = await rig.create()
      cleanups.push(() => source.stop())
      source.publish('time/now', '1', { retain: true })
      source.publish('time/now', '2', { retain: true })
      await source.start((_message, _clientId, done) => done())
      const got = await subscriber(rig, 'time/now')
      await eventually(() => got.length === 1)
      expect(got).toEqual(['time/now 2'])
    })

    test('never brings what it published itself', async () => {
      const { rig, source, payloads } = await open()
      const got = [await subscriber(rig, 'devices/a/status'), await subscriber(rig, 'buzzer/a/cmd')]
      source.publish('devices/a/status', '{"status":"offline","at":1}', { retain: true })
      source.publish('buzzer/a/cmd', '{"action":"stop"}', { qos: 1 })
      await eventually(() => got.every(({ length }) => length === 1))
      await mosquittoPub({ port: rig.port(), topic: 'sensors/a/data', message: 'end' })
      await eventually(() => payloads().includes('end'))
      expect(payloads()).toEqual(['end'])
    })
  })
}
