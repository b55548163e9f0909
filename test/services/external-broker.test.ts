import { describe, expect, test } from '@jest/globals'
import { eventually } from '../support/eventually.ts'
import { holding, isUp, PROTOCOLS, useExternalWorld } from '../support/external-world.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'

const { open, source, client } = useExternalWorld()

describe('an external broker', () => {
  test.each(PROTOCOLS)('that is restarted under load loses nothing that it acked', async (protocol) => {
    const mosquitto = await open(['allow_anonymous true', 'max_inflight_messages 0'])
    const broker = source(mosquitto, { protocol })
    const taken = new Set<string>()
    // Done a moment later, as after an fsync.
    await broker.start(({ payload }, _clientId, done) => {
      setImmediate(() => {
        taken.add(payload.toString())
        done()
      })
    })
    const board = await client(mosquitto, { clientId: 'board', clean: false })
    const acked: string[] = []
    let next = 0
    const publish = (): void => {
      if (next >= 6_000) return
      const text = String(next)
      next += 1
      board.publish('sensors/a/data', text, { qos: 1 }, (error) => {
        if (!error) acked.push(text)
        publish()
      })
    }
    for (let window = 0; window < 50; window += 1) publish()
    for (const at of [1_000, 3_000]) {
      await eventually(() => acked.length >= at, 15_000)
      await mosquitto.stop()
      await mosquitto.start()
    }
    await eventually(() => acked.length === 6_000, 15_000)
    await eventually(() => taken.size === 6_000, 15_000)
    expect(broker.stats()).toMatchObject({ connects: 3, sessionsLost: 0, messagesLost: 0 })
  })

  test('that is away at the start is waited for, and /health says so', async () => {
    const mosquitto = await open()
    await mosquitto.stop()
    const broker = source(mosquitto, { startWaitMs: 50 })
    const { taken, intake } = holding()
    await broker.start(intake)
    await eventually(() => broker.stats().failures > 1)
    expect(broker.health()).toMatchObject({ ok: false, external: `mqtt://127.0.0.1:${mosquitto.port}` })
    expect(broker.health().message).toContain('nothing listens there')
    await mosquitto.start()
    await isUp(broker)
    await mosquittoPub({ port: mosquitto.port, topic: 'sensors/a/data', message: 'x' })
    await eventually(() => taken.length === 1)
  })

  test('that sends again what is held here has it taken in once, and acked on the new connection', async () => {
    const mosquitto = await open()
    const broker = source(mosquitto)
    const { taken, intake, texts } = holding()
    await broker.start(intake)
    const board = await client(mosquitto)
    for (const text of ['1', '2', '3']) await board.publishAsync('sensors/a/data', text, { qos: 1 })
    await eventually(() => taken.length === 3)
    taken[1]?.done()
    await mosquitto.stop()
    await mosquitto.start()
    await eventually(() => broker.stats().redelivered === 3, 15_000)
    expect(texts()).toEqual(['1', '2', '3'])
    for (const { done } of taken) done()
    await eventually(() => broker.stats().unacked === 0)
    await broker.close()
    // Nothing waits any more.
    const next = source(mosquitto)
    const again = holding()
    await next.start(again.intake)
    await mosquittoPub({ port: mosquitto.port, topic: 'sensors/a/data', message: 'end' })
    await eventually(() => again.taken.length > 0)
    expect(again.texts()).toEqual(['end'])
  })

  test('has thousands in flight over MQTT 5, whatever its own bound of 20', async () => {
    const mosquitto = await open()
    const broker = source(mosquitto)
    const { taken, intake } = holding()
    await broker.start(intake)
    const board = await client(mosquitto)
    const texts = Array.from({ length: 3_000 }, (_, index) => `${index}`)
    await Promise.all(texts.map((text) => board.publishAsync('sensors/a/data', text, { qos: 1 })))
    await eventually(() => taken.length === 3_000)
    expect(broker.stats().unacked).toBe(3_000)
    for (const { done } of taken) done()
    await eventually(() => broker.stats().unacked === 0)
  })

  test('that hangs is noticed by its silence, and everything goes on when it is back', async () => {
    const mosquitto = await open()
    const broker = source(mosquitto, { pingEveryMs: 100, pingTimeoutMs: 1_000, connectTimeoutMs: 500 })
    const { intake, texts } = holding()
    await broker.start(intake)
    mosquitto.freeze()
    await eventually(() => broker.stats().stalls.connection > 0, 10_000)
    expect(broker.health().ok).toBe(false)
    mosquitto.thaw()
    await isUp(broker)
    await mosquittoPub({ port: mosquitto.port, topic: 'sensors/a/data', message: 'x' })
    await eventually(() => texts().includes('x'))
  })

  test('tells what waits for it as soon as it is back; what nobody keeps is counted', async () => {
    const mosquitto = await open()
    const broker = source(mosquitto)
    await broker.start(holding().intake)
    await mosquitto.stop()
    await eventually(() => !broker.health().ok)
    broker.publish('buzzer/a/cmd', 'beep', { qos: 1 })
    broker.publish('sensors/a/latest', 'newest', { retain: true })
    broker.publish('acks/a', 'lost')
    await mosquitto.start()
    const got: string[] = []
    const board = await client(mosquitto, { protocolVersion: 5 })
    board.on('message', (topic, payload) => got.push(`${topic} ${payload}`))
    await board.subscribeAsync(['buzzer/a/cmd', 'sensors/a/latest', 'acks/a'], { qos: 1 })
    await eventually(() => got.includes('sensors/a/latest newest'), 15_000)
    await eventually(() => broker.stats().unsent === 0)
    expect(broker.stats().publishesDropped).toEqual({ away: 1, slow: 0, 'too-many': 0 })
  })

  test('of 3.1.1 sends back what waited for it through a long outage: it is still known as our own', async () => {
    const mosquitto = await open()
    const later = { ms: 0 }
    const broker = source(mosquitto, { protocol: 4, monotonic: () => performance.now() + later.ms })
    const { intake, texts } = holding()
    await broker.start(intake)
    await mosquitto.stop()
    await eventually(() => !broker.health().ok)
    broker.publish('devices/a/status', '{"status":"offline"}', { retain: true })
    broker.publish('buzzer/a/cmd', 'beep', { qos: 1 })
    later.ms = 300_000
    await mosquitto.start()
    await isUp(broker)
    await eventually(() => broker.stats().unsent === 0)
    const board = await client(mosquitto)
    await board.publishAsync('sensors/a/data', 'behind', { qos: 1 })
    await eventually(() => texts().includes('behind'))
    expect(texts()).toEqual(['behind'])
  })

  test('that keeps a retained command is rid of it: a board would beep at each reconnect', async () => {
    const mosquitto = await open()
    const broker = source(mosquitto)
    const { taken, intake } = holding()
    await broker.start(intake)
    const dashboard = await client(mosquitto)
    await dashboard.publishAsync('buzzer/a/cmd', 'ON', { qos: 1, retain: true })
    await eventually(() => taken.length === 1)
    expect(taken[0]?.message).toMatchObject({ retain: false, payload: Buffer.from('ON') })
    const got: string[] = []
    await eventually(async () => {
      got.length = 0
      const board = await client(mosquitto)
      board.on('message', (topic, payload) => got.push(`${topic} ${payload}`))
      await board.subscribeAsync('buzzer/a/cmd')
      await board.publishAsync('buzzer/a/cmd', 'end')
      await eventually(() => got.includes('buzzer/a/cmd end'))
      return got.length === 1
    })
  })
})
