import { describe, expect, test } from '@jest/globals'
import { SHOWN_FOR_MS, WAITS_FOR_MS } from '../../../../bridge/core/buzzer-state.ts'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import { createMemoryBuzzer } from '../../../../bridge/stores/memory-buzzer.ts'
import { useCleanups } from '../../../support/cleanups.ts'
import { settled } from '../../../support/deferred.ts'
import { eventually } from '../../../support/eventually.ts'
import { id } from '../core/samples.ts'
import { createBuzzerRig, DEVICE } from './buzzer-rig.ts'

const cleanup = useCleanups()

const started = async (...args: Parameters<typeof createBuzzerRig>) => {
  const rig = createBuzzerRig({ flushIntervalMs: 2, sweepMs: 2, ...args[0] }, args[1])
  cleanup(() => rig.buzzer.stop())
  await rig.buzzer.start()
  return rig
}

describe('history', () => {
  test('is stored by itself, and what is left by the stop', async () => {
    const { buzzer, memory } = await started()
    const { id: requestId } = await buzzer.request(DEVICE)
    await eventually(async () => (await memory.get(requestId))?.status === 'pending')
    await buzzer.complete(requestId)
    await buzzer.stop()
    expect((await memory.get(requestId))?.status).toBe('completed')
    expect(buzzer.stats().unsaved).toBe(0)
  })

  test('notes that a request lapsed though nobody polls', async () => {
    const { buzzer, memory, world } = await started()
    const { id: requestId } = await buzzer.request(DEVICE)
    world.now += WAITS_FOR_MS
    await eventually(async () => (await memory.get(requestId))?.status === 'lapsed')
    expect(buzzer.stats().pending).toBe(0)
  })

  test('waits in memory while the store is away, is told once, and is stored when it is back', async () => {
    const { buzzer, memory, world, told, asked } = await started()
    world.away = true
    const { id: requestId } = await buzzer.request(DEVICE)
    buzzer.poll(DEVICE)
    await buzzer.complete(requestId)
    const tries = () => asked.filter((name) => name === 'upsert').length
    for (let tried = 1; tried <= 3; tried += 1) {
      await eventually(() => tries() >= tried)
      world.now += 60_000
    }
    expect(told.failed).toBe(1)
    expect(buzzer.stats()).toMatchObject({ unsaved: 1, available: false })
    expect((await buzzer.newest(DEVICE))?.status).toBe('completed')
    world.away = false
    world.now += 60_000
    await eventually(() => buzzer.stats().unsaved === 0)
    expect((await memory.get(requestId))?.status).toBe('completed')
    expect(buzzer.stats().available).toBe(true)
  })

  test('is stored by the stop also when the store was away a moment ago', async () => {
    const { buzzer, memory, world, told } = await started()
    const { id: requestId } = await buzzer.request(DEVICE)
    world.away = true
    await eventually(() => told.failed === 1)
    world.away = false
    await buzzer.stop()
    expect(await memory.get(requestId)).toBeDefined()
  })

  test('over its bound in an outage loses the oldest that are done with, and counts them', async () => {
    const { buzzer, told } = createBuzzerRig({ maxUnsaved: 10 })
    const pending = await buzzer.request(id('pending'))
    for (let n = 0; n < 10; n += 1) await buzzer.complete((await buzzer.request(id(`d${n}`))).id)
    expect(told.dropped).toBeGreaterThan(0)
    expect(buzzer.stats().unsaved + told.dropped).toBe(11)
    expect(buzzer.stats().unsaved).toBeLessThanOrEqual(10)
    expect(buzzer.poll(id('pending'))).toBe(pending.id)
  })

  test('of one request that is refused keeps no other from being stored', async () => {
    const memory = createMemoryBuzzer({ clock: () => 1 })
    const picky = {
      ...memory,
      upsert: async (requests: Parameters<typeof memory.upsert>[0]) => {
        if (requests.some(({ deviceId }) => deviceId === 'bad')) throw new BridgeError('ROW_REFUSED', 'no')
        await memory.upsert(requests)
      },
    }
    const { buzzer, told } = createBuzzerRig({}, picky)
    for (const name of ['a', 'b', 'bad', 'c']) await buzzer.request(id(name))
    await buzzer.stop()
    for (const name of ['a', 'b', 'c']) expect(await memory.newest(id(name))).toBeDefined()
    expect([told.dropped, told.failed, buzzer.stats().unsaved]).toEqual([1, 0, 0])
  })
})

describe('a start', () => {
  const earlier = async () => {
    const memory = createMemoryBuzzer({ clock: () => 1 })
    const first = createBuzzerRig({}, memory)
    return { memory, first: first.buzzer, world: first.world }
  }

  test('goes on with what was pending', async () => {
    const { memory, first } = await earlier()
    const waiting = await first.request(DEVICE)
    const shown = await first.request(id('shown'))
    const done = await first.request(id('done'))
    first.poll(id('shown'))
    await first.complete(done.id)
    await first.stop()
    const { buzzer, world } = await started({}, memory)
    expect(buzzer.stats()).toMatchObject({ loaded: true, pending: 2 })
    expect(buzzer.poll(DEVICE)).toBe(waiting.id)
    expect((await buzzer.request(id('shown'))).id).toBe(shown.id)
    expect(buzzer.poll(id('done'))).toBeUndefined()
    world.now += SHOWN_FOR_MS
    expect(buzzer.poll(id('shown'))).toBeUndefined()
    expect((await buzzer.request(id('new'))).id).toBeGreaterThan(done.id)
  })

  test('lets lapse what is too old, and what another came after', async () => {
    const { memory, first } = await earlier()
    const old = await first.request(DEVICE)
    await first.stop()
    await memory.upsert([{ ...old, id: 700 }])
    await memory.upsert([{ ...old, id: 701, deviceId: id('b'), expiresAt: old.requestedAt }])
    const { buzzer } = await started({}, memory)
    expect(buzzer.poll(DEVICE)).toBe(700)
    await eventually(async () => (await memory.get(old.id))?.status === 'lapsed')
    await eventually(async () => (await memory.get(701))?.status === 'lapsed')
  })

  test('does not wait for a store that is away; what was pending comes when it is back', async () => {
    const { memory, first } = await earlier()
    const waiting = await first.request(DEVICE)
    await first.stop()
    const rig = createBuzzerRig({ flushIntervalMs: 2 }, memory)
    cleanup(() => rig.buzzer.stop())
    rig.world.away = true
    await rig.buzzer.start()
    expect(rig.buzzer.stats()).toMatchObject({ loaded: false, available: false, ids: 0 })
    await expect(rig.buzzer.request(DEVICE)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(rig.buzzer.newest(id('x'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    rig.world.away = false
    rig.world.now += 10_000
    await eventually(() => rig.buzzer.stats().loaded && rig.buzzer.stats().ids > 0)
    expect(rig.buzzer.poll(DEVICE)).toBe(waiting.id)
  })
})

describe('memory', () => {
  test('forgets devices that have nothing pending, those longest unused first; the store still knows them', async () => {
    const { buzzer } = await started({ maxDevices: 10 })
    const pending = await buzzer.request(id('pending'))
    const asked = []
    for (let n = 0; n < 30; n += 1) {
      const request = await buzzer.request(id(`d${n}`))
      asked.push((await buzzer.complete(request.id))?.id)
      await eventually(() => buzzer.stats().unsaved === 0)
    }
    expect(buzzer.stats().devices).toBeLessThanOrEqual(10)
    for (let n = 0; n < 30; n += 1) expect((await buzzer.newest(id(`d${n}`)))?.id).toBe(asked[n])
    expect(buzzer.poll(id('pending'))).toBe(pending.id)
  })

  test('takes no more devices when ten times the bound have something pending', async () => {
    const { buzzer } = createBuzzerRig({ maxDevices: 10 })
    for (let n = 0; n < 100; n += 1) await buzzer.request(id(`d${n}`))
    await expect(buzzer.request(id('one more'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await buzzer.complete((await buzzer.request(id('d0'))).id)
    expect(buzzer.stats().pending).toBe(99)
  })

  test('gives no id twice when the store is put back to an older state', async () => {
    const older = createMemoryBuzzer({ clock: () => 1 })
    const store = { ...older }
    const { buzzer } = createBuzzerRig({}, store)
    const first = await buzzer.request(id('first'))
    Object.assign(store, createMemoryBuzzer({ clock: () => 1 }))
    const ids = new Set([first.id])
    for (let n = 0; n < 1_500; n += 1) {
      const request = await buzzer.request(DEVICE)
      expect(ids).not.toContain(request.id)
      ids.add(request.id)
      await buzzer.complete(request.id)
    }
  })

  test('reserves ids ahead of need, and gives none twice', async () => {
    const { buzzer, asked } = await started()
    const ids = new Set<number>()
    for (let n = 0; n < 2_500; n += 1) {
      const request = await buzzer.request(DEVICE)
      ids.add(request.id)
      await buzzer.complete(request.id)
      if (n % 100 === 0) await settled(1)
    }
    expect(ids.size).toBe(2_500)
    expect(asked.filter((name) => name === 'reserveIds').length).toBeLessThanOrEqual(4)
  })
})
