import { describe, expect, test } from '@jest/globals'
import type { Device } from '../../../../bridge/core/device.ts'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import { type Latest, mergeReading } from '../../../../bridge/core/latest.ts'
import type { DeviceId } from '../../../../bridge/core/reading.ts'
import {
  createDeviceOverview,
  type DeviceOverviewOptions,
} from '../../../../bridge/pipeline/device-overview.ts'
import { createDeferred } from '../../../support/deferred.ts'
import { device, deviceId as id, NOW } from '../../../support/facade-services.ts'
import { readingOf } from '../../../support/readings.ts'

const latestOf = (name: string): Latest => mergeReading(undefined, readingOf(name, NOW, { temperature: 20 }))

/** Devices in memory, and a store of latest values behind it that can be held up and made to fail. */
const createRig = (names: readonly string[], options: DeviceOverviewOptions = {}) => {
  const devices = names.map((name) => device(name, { hasReadings: true }))
  const memory = new Map<DeviceId, Latest>()
  const store = new Map<DeviceId, Latest>()
  const rig = { now: 0, gate: Promise.resolve(), fault: undefined as Error | undefined }
  const asked: (readonly string[])[] = []
  const overview = createDeviceOverview(
    {
      registry: {
        list: async (limit) => devices.slice(0, limit),
        get: async (wanted): Promise<Device | undefined> => devices.find((one) => one.id === wanted),
        stats: () => ({ devices: devices.length }) as never,
      },
      latest: {
        peek: (wanted) => memory.get(wanted),
        get: async (ids) => {
          asked.push(ids)
          await rig.gate
          if (rig.fault !== undefined) throw rig.fault
          for (const one of ids) {
            const found = store.get(one)
            if (found !== undefined) memory.set(one, found)
          }
          return ids.flatMap((one) => memory.get(one) ?? [])
        },
      },
      frames: { newestStored: () => undefined },
      monotonic: () => rig.now,
    },
    options,
  )
  const valued = async (limit = 10) =>
    (await overview.overview(limit)).devices.filter(({ latest }) => latest).map(({ device: { id } }) => id)
  return Object.assign(rig, { overview, devices, memory, store, asked, valued })
}

describe('the overview', () => {
  test('of devices whose values are in memory asks nobody', async () => {
    const rig = createRig(['a', 'b'])
    for (const name of ['a', 'b']) rig.memory.set(id(name), latestOf(name))
    expect(await rig.valued()).toEqual(['a', 'b'])
    expect(rig.asked).toEqual([])
  })

  test('tells how many devices there are when it lists less', async () => {
    const rig = createRig(['a', 'b', 'c'], {})
    const { devices, total } = await rig.overview.overview(2)
    expect([devices.length, total]).toEqual([2, 3])
  })

  test('looks all the others up together, a part at a time, and those that never sent anything not at all', async () => {
    const rig = createRig(['a', 'b', 'c', 'd'], { maxPerLookUp: 2 })
    rig.devices.push(device('never'))
    rig.memory.set(id('a'), latestOf('a'))
    for (const name of ['b', 'c', 'd']) rig.store.set(id(name), latestOf(name))
    expect(await rig.valued()).toEqual(['a', 'b', 'c', 'd'])
    expect(rig.asked).toEqual([['b', 'c'], ['d']])
  })

  test('waits for a look-up a moment only, and asks once however often it is asked meanwhile', async () => {
    const rig = createRig(['a'], { waitMs: 1 })
    rig.store.set(id('a'), latestOf('a'))
    const gate = createDeferred<void>()
    rig.gate = gate.promise
    expect(await Promise.all([rig.valued(), rig.valued()])).toEqual([[], []])
    expect(await rig.valued()).toEqual([])
    expect(rig.asked).toEqual([['a']])
    gate.resolve()
    await rig.gate
    expect(await rig.valued()).toEqual(['a'])
  })

  test('asks for a minute no more about devices that have no values', async () => {
    const rig = createRig(['a'])
    await rig.valued()
    rig.now = 59_999
    await rig.valued()
    expect(rig.asked).toHaveLength(1)
    rig.now = 60_000
    rig.store.set(id('a'), latestOf('a'))
    expect(await rig.valued()).toEqual(['a'])
  })

  test('goes without the values that cannot be looked up, and leaves a store that is away alone for a while', async () => {
    const rig = createRig(['a'], { maxPerLookUp: 1 })
    rig.devices.push(device('b', { hasReadings: true }))
    rig.fault = new BridgeError('STORE_UNAVAILABLE', 'away')
    expect((await rig.overview.overview(10)).devices).toHaveLength(2)
    await rig.valued()
    expect(rig.asked).toEqual([['a']])
    rig.fault = undefined
    rig.now = 5_000
    rig.store.set(id('b'), latestOf('b'))
    expect(await rig.valued()).toEqual(['b'])
  })

  test('asks the store each time where other nodes write to it', async () => {
    const rig = createRig(['a'], { isShared: true })
    rig.memory.set(id('a'), latestOf('a'))
    await rig.valued()
    await rig.valued()
    expect(rig.asked).toEqual([['a'], ['a']])
  })
})

describe('the summary of one device', () => {
  test('has its values, looked up when memory has none', async () => {
    const rig = createRig(['a'])
    rig.store.set(id('a'), latestOf('a'))
    expect(await rig.overview.summary(id('a'))).toMatchObject({ device: { id: 'a' }, latest: latestOf('a') })
  })

  test('of a device that nobody knows is undefined', async () => {
    expect(await createRig([]).overview.summary(id('nobody'))).toBeUndefined()
  })
})
