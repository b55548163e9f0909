import { describe, expect, test } from '@jest/globals'
import { WAITS_FOR_MS } from '../../../../bridge/core/buzzer-state.ts'
import type { BuzzerStore } from '../../../../bridge/ports.ts'
import { createMemoryBuzzer } from '../../../../bridge/stores/memory-buzzer.ts'
import { settled } from '../../../support/deferred.ts'
import { id, T0 } from '../core/samples.ts'
import { createBuzzerRig, DEVICE } from './buzzer-rig.ts'

const beepOf = (requestId: number | undefined, durationMs = 250) => ({
  requestId: String(requestId),
  action: 'beep',
  durationMs,
  expiresAt: T0 + WAITS_FOR_MS,
})

describe('a command over MQTT', () => {
  test.each(['ON', '{"requestId":"mine","action":"beep"}', '{}'])(
    '%s is noted, and goes on as the JSON that names the request; the next poll sees it',
    async (payload) => {
      const { buzzer, take, told, published } = createBuzzerRig()
      const { payload: sent } = await take('buzzer-cmd', payload)
      const [request] = told.requested
      expect(JSON.parse(sent ?? '')).toEqual(beepOf(request?.id))
      expect(buzzer.poll(DEVICE)).toBe(request?.id)
      expect(published).toEqual([])
    },
  )

  test('is answered within the call once ids are at hand', async () => {
    const { buzzer, take } = createBuzzerRig()
    await buzzer.request(id('other'))
    let isAnswered = false
    const message = { topic: '', payload: Buffer.from('on'), qos: 0, retain: false } as const
    buzzer.take(message, { channel: 'buzzer-cmd', deviceId: DEVICE }, () => {
      isAnswered = true
    })
    expect(isAnswered).toBe(true)
    await take('buzzer-cmd', 'on')
  })

  test('joins what is pending, whichever way that came', async () => {
    const { buzzer, take, told } = createBuzzerRig()
    const { id: requestId } = await buzzer.request(DEVICE)
    const { payload } = await take('buzzer-cmd', '{"requestId":"77","durationMs":900}')
    expect(JSON.parse(payload ?? '')).toEqual(beepOf(requestId))
    expect((await buzzer.request(DEVICE)).id).toBe(requestId)
    expect(told.requested).toHaveLength(1)
  })

  test('to stop takes back what is pending, and reaches the board also when nothing is', async () => {
    const { buzzer, take } = createBuzzerRig()
    const { id: requestId } = await buzzer.request(DEVICE)
    expect((await take('buzzer-cmd', 'OFF')).payload).toBe(`{"requestId":"${requestId}","action":"stop"}`)
    expect((await take('buzzer-cmd', 'OFF')).payload).toBe('{"action":"stop"}')
    expect((await buzzer.newest(DEVICE))?.status).toBe('cancelled')
  })

  test.each(['beeep', '{"durationMs":3600000}', '[]', '{"requestId":', 'x'.repeat(5_000)])(
    'that cannot be taken (%#) is rejected and reaches no board',
    async (payload) => {
      const { take, told, rejected } = createBuzzerRig()
      expect(await take('buzzer-cmd', payload)).toEqual({ error: undefined, payload: '' })
      expect(rejected).toHaveLength(1)
      expect(told.requested).toEqual([])
    },
  )

  test('without a payload is nothing, and goes on as it is', async () => {
    const { take, told, rejected } = createBuzzerRig()
    expect(await take('buzzer-cmd', '', { retain: true })).toEqual({ error: undefined, payload: undefined })
    expect([told.requested, rejected]).toEqual([[], []])
  })

  test('that is retained is published once, and not kept for the next reconnect', async () => {
    const { take, told, published } = createBuzzerRig()
    expect((await take('buzzer-cmd', 'ON', { retain: true })).payload).toBe('')
    expect(published).toEqual([
      { topic: 'buzzer/esp32-1/cmd', payload: beepOf(told.requested[0]?.id), qos: 1 },
    ])
  })

  test('without an id to give is not acked; one without an ack is dropped, counted, and reaches no board', async () => {
    const { take, told, world } = createBuzzerRig()
    world.away = true
    expect((await take('buzzer-cmd', 'ON')).error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await take('buzzer-cmd', 'ON', { qos: 0 })).toEqual({ error: undefined, payload: '' })
    expect([told.dropped, told.failed]).toEqual([1, 1])
    world.away = false
    world.now += 10_000
    expect((await take('buzzer-cmd', 'ON')).error).toBeUndefined()
  })
})

test('a command waits for an id no longer than it may, though the store says nothing', async () => {
  const silent: BuzzerStore = {
    ...createMemoryBuzzer({ clock: () => T0 }),
    reserveIds: () => new Promise(() => undefined),
  }
  const { take, told } = createBuzzerRig({ idsWithinMs: 5 }, silent)
  expect((await take('buzzer-cmd', 'ON')).error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(await take('buzzer-cmd', 'ON', { qos: 0 })).toEqual({ error: undefined, payload: '' })
  expect(told.dropped).toBe(1)
})

describe('an ack over MQTT', () => {
  test.each(['', '{}', '{"requestId":"1"}', '{"requestId":1}'])(
    '%j completes what is pending',
    async (payload) => {
      const { buzzer, take, told } = createBuzzerRig()
      const { id: requestId } = await buzzer.request(DEVICE)
      expect(requestId).toBe(1)
      expect(await take('buzzer-ack', payload)).toEqual({ error: undefined, payload: undefined })
      expect(told.completed.map((request) => request.id)).toEqual([1])
      expect(buzzer.poll(DEVICE)).toBeUndefined()
    },
  )

  test('with nothing pending, or twice, changes nothing', async () => {
    const { buzzer, take, told } = createBuzzerRig()
    await take('buzzer-ack', '')
    await buzzer.request(DEVICE)
    await take('buzzer-ack', '')
    await take('buzzer-ack', '')
    await take('buzzer-ack', '{"requestId":"1"}')
    expect(told.completed).toHaveLength(1)
  })

  test('of another device’s request completes nothing, in memory or stored', async () => {
    const { buzzer, take, told, memory } = createBuzzerRig()
    const other = await buzzer.request(id('other'))
    await memory.upsert([{ ...other, id: 900 }])
    await take('buzzer-ack', `{"requestId":"${other.id}"}`)
    await take('buzzer-ack', '{"requestId":"900"}')
    await settled()
    expect(told.completed).toEqual([])
  })

  test('of a request that is only stored completes it', async () => {
    const { buzzer, take, told, memory } = createBuzzerRig()
    const other = await buzzer.request(id('other'))
    await memory.upsert([{ ...other, id: 900, deviceId: DEVICE, status: 'lapsed' }])
    await take('buzzer-ack', '{"requestId":"900"}')
    await settled()
    expect(told.completed).toMatchObject([{ id: 900, deviceId: DEVICE }])
  })

  test('that cannot be read is rejected, and one that the store cannot look up is taken all the same', async () => {
    const { take, rejected, told, world } = createBuzzerRig()
    await take('buzzer-ack', 'done!')
    await take('buzzer-ack', 'x'.repeat(5_000))
    expect(rejected.map(({ reason }) => reason)).toEqual(['bad-json', 'too-large'])
    world.away = true
    expect(await take('buzzer-ack', '{"requestId":"900"}')).toEqual({ error: undefined, payload: undefined })
    await settled()
    expect(told.failed).toBe(1)
  })
})
