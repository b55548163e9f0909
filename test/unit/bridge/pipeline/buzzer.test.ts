import { describe, expect, test } from '@jest/globals'
import { SHOWN_FOR_MS, WAITS_FOR_MS } from '../../../../bridge/core/buzzer-state.ts'
import { id, T0 } from '../core/samples.ts'
import { createBuzzerRig, DEVICE } from './buzzer-rig.ts'

describe('a request', () => {
  test('is published to the board at once, told, and shown to its next poll', async () => {
    const { buzzer, published, told } = createBuzzerRig()
    const request = await buzzer.request(DEVICE, { durationMs: 400 })
    expect(request).toMatchObject({ deviceId: DEVICE, status: 'pending', durationMs: 400, requestedAt: T0 })
    expect(published).toEqual([
      {
        topic: 'buzzer/esp32-1/cmd',
        payload: {
          requestId: String(request.id),
          action: 'beep',
          durationMs: 400,
          expiresAt: T0 + WAITS_FOR_MS,
        },
        qos: 1,
      },
    ])
    expect(told.requested).toEqual([request])
    expect(buzzer.poll(DEVICE)).toBe(request.id)
    expect(buzzer.poll(DEVICE)).toBe(request.id)
    expect(await buzzer.newest(DEVICE)).toMatchObject({ id: request.id, deliveredAt: T0 })
  })

  test('is published without a wait once ids are at hand', async () => {
    const { buzzer, published } = createBuzzerRig()
    await buzzer.request(id('other'))
    const asked = buzzer.request(DEVICE)
    expect(published).toHaveLength(2)
    await asked
  })

  test('joins the one that is pending: the same id, published again, told once', async () => {
    const { buzzer, published, told } = createBuzzerRig()
    const first = await buzzer.request(DEVICE)
    const second = await buzzer.request(DEVICE, { durationMs: 9_000 })
    expect(second).toMatchObject({ id: first.id, durationMs: first.durationMs })
    expect(published[1]).toEqual(published[0])
    expect(told.requested).toHaveLength(1)
  })

  test('of many at once before there are ids is one', async () => {
    const { buzzer, asked } = createBuzzerRig()
    const all = await Promise.all(Array.from({ length: 20 }, () => buzzer.request(DEVICE)))
    expect(new Set(all.map((request) => request.id)).size).toBe(1)
    expect(asked.filter((name) => name === 'reserveIds')).toHaveLength(1)
  })

  test.each([
    [0, 1],
    [1e9, 60_000],
    [99.5, 100],
  ])('for %p ms beeps %p', async (durationMs, expected) => {
    const { buzzer } = createBuzzerRig()
    expect((await buzzer.request(DEVICE, { durationMs })).durationMs).toBe(expected)
  })

  test('is not shown right after another: a poll between sees that nothing is pending', async () => {
    const { buzzer } = createBuzzerRig()
    const first = await buzzer.request(DEVICE)
    expect(buzzer.poll(DEVICE)).toBe(first.id)
    await buzzer.complete(first.id)
    const second = await buzzer.request(DEVICE)
    expect(buzzer.poll(DEVICE)).toBeUndefined()
    expect(buzzer.poll(DEVICE)).toBe(second.id)
    expect(second.id).toBeGreaterThan(first.id)
  })

  test('of one device is nothing to another', async () => {
    const { buzzer } = createBuzzerRig()
    await buzzer.request(DEVICE)
    expect(buzzer.poll(id('ESP32-1'))).toBeUndefined()
    expect(await buzzer.newest(id('ESP32-1'))).toBeUndefined()
  })

  test('after the stop is refused', async () => {
    const { buzzer } = createBuzzerRig()
    await buzzer.stop()
    await expect(buzzer.request(DEVICE)).rejects.toMatchObject({ code: 'STOPPING' })
  })
})

describe('a completion', () => {
  test('is told once, however often it comes, and keeps its time', async () => {
    const { buzzer, world, told } = createBuzzerRig()
    const { id: requestId } = await buzzer.request(DEVICE)
    world.now += 300
    const done = await buzzer.complete(requestId)
    expect(done).toMatchObject({ id: requestId, status: 'completed', buzzedAt: T0 + 300 })
    world.now += 300
    expect(await buzzer.complete(requestId)).toEqual(done)
    expect(told.completed).toEqual([done])
  })

  test.each([0, -1, 1.5, Number.NaN, 2 ** 60, 999])(
    'of %p, which is no request, is nothing',
    async (requestId) => {
      const { buzzer, told } = createBuzzerRig()
      await buzzer.request(DEVICE)
      expect(await buzzer.complete(requestId)).toBeUndefined()
      expect(told.completed).toEqual([])
    },
  )

  test('that comes after the request lapsed counts all the same', async () => {
    const { buzzer, world, told } = createBuzzerRig()
    const { id: requestId } = await buzzer.request(DEVICE)
    buzzer.poll(DEVICE)
    world.now += SHOWN_FOR_MS
    expect(buzzer.poll(DEVICE)).toBeUndefined()
    expect((await buzzer.newest(DEVICE))?.status).toBe('lapsed')
    expect((await buzzer.complete(requestId))?.status).toBe('completed')
    expect(told.completed).toHaveLength(1)
  })

  test('of a request that another came after leaves that one pending, stored or not', async () => {
    const { buzzer, world, told, memory } = createBuzzerRig()
    const first = await buzzer.request(DEVICE)
    await buzzer.cancel(DEVICE)
    const second = await buzzer.request(DEVICE)
    expect((await buzzer.complete(first.id))?.status).toBe('completed')
    expect(buzzer.poll(DEVICE)).toBe(second.id)
    await memory.upsert([{ ...first, id: 500, deviceId: id('b'), status: 'lapsed' }])
    world.now += 5
    const both = await Promise.all([buzzer.complete(500), buzzer.complete(500)])
    expect(both[0]).toMatchObject({ id: 500, status: 'completed', buzzedAt: world.now })
    expect(both[1]).toEqual(both[0])
    expect(told.completed.map((request) => request.id)).toEqual([first.id, 500])
  })

  test('of a newer request in the store completes the older one that is pending here', async () => {
    const { buzzer, memory } = createBuzzerRig()
    const mine = await buzzer.request(DEVICE)
    await memory.upsert([{ ...mine, id: mine.id + 5_000 }])
    await buzzer.complete(mine.id + 5_000)
    expect((await buzzer.newest(DEVICE))?.status).toBe('completed')
    expect(buzzer.poll(DEVICE)).toBeUndefined()
  })
})

describe('a cancel', () => {
  test('takes back what is pending and stops the board', async () => {
    const { buzzer, published } = createBuzzerRig()
    const { id: requestId } = await buzzer.request(DEVICE)
    expect(await buzzer.cancel(DEVICE)).toMatchObject({ id: requestId, status: 'cancelled' })
    expect(published[1]).toMatchObject({ payload: { requestId: String(requestId), action: 'stop' }, qos: 1 })
    expect(buzzer.poll(DEVICE)).toBeUndefined()
  })

  test('of nothing is nothing', async () => {
    const { buzzer, published } = createBuzzerRig()
    expect(await buzzer.cancel(DEVICE)).toBeUndefined()
    const { id: requestId } = await buzzer.request(DEVICE)
    await buzzer.complete(requestId)
    expect(await buzzer.cancel(DEVICE)).toBeUndefined()
    expect(published).toHaveLength(1)
  })
})

describe('the newest request', () => {
  test('of a device not in memory is asked of the store once, also when there is none', async () => {
    const { buzzer, memory, asked } = createBuzzerRig()
    const { id: requestId, ...fields } = await buzzer.request(id('other'))
    await memory.upsert([{ ...fields, id: requestId + 1, deviceId: DEVICE, status: 'completed' }])
    for (const _ of [1, 2, 3]) {
      expect((await buzzer.newest(DEVICE))?.id).toBe(requestId + 1)
      expect(await buzzer.newest(id('none'))).toBeUndefined()
    }
    expect(asked.filter((name) => name === 'newest')).toHaveLength(2)
  })

  test('that nobody was shown is lapsed when its time is over, though no poll came', async () => {
    const { buzzer, world } = createBuzzerRig()
    await buzzer.request(DEVICE)
    world.now += WAITS_FOR_MS
    expect((await buzzer.newest(DEVICE))?.status).toBe('lapsed')
  })

  test('left pending by a process long gone is shown as lapsed', async () => {
    const { buzzer, world, memory } = createBuzzerRig()
    const { id: requestId, ...fields } = await buzzer.request(id('other'))
    await memory.upsert([{ ...fields, id: requestId + 1, deviceId: DEVICE }])
    world.now += WAITS_FOR_MS
    expect(await buzzer.newest(DEVICE)).toMatchObject({ id: requestId + 1, status: 'lapsed' })
  })
})
