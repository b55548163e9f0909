import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Device, newDevice } from '../../bridge/core/device.ts'
import type { DeviceStore } from '../../bridge/ports.ts'
import { id, T } from './sink-rows.ts'

/** A new, empty store. */
export interface DevicesUnderTest {
  readonly devices: DeviceStore
  cleanup(): Promise<void>
}

const deviceOf = (deviceId: string, fields: Partial<Device> = {}): Device => ({
  ...newDevice(id(deviceId), T),
  ...fields,
})

/** What every DeviceStore must do. */
export const deviceStoreContract = (name: string, make: () => Promise<DevicesUnderTest>): void => {
  describe(`${name} as a DeviceStore`, () => {
    let it: DevicesUnderTest
    beforeEach(async () => {
      it = await make()
    })
    afterEach(() => it.cleanup())

    test('a device that was never stored is not there', async () => {
      expect(await it.devices.get(id('a'))).toBeUndefined()
      expect(await it.devices.list(10)).toEqual([])
    })

    test('a device comes back as it was stored', async () => {
      const whole: Device = {
        id: id('böard "☃" \\ 🛰'),
        name: 'Keller\t1\n\\',
        type: 'camera',
        ipAddress: '192.168.1.20',
        capabilities: ['streaming', 'a "quoted" \\ one'],
        reportedStatus: 'maintenance',
        connection: 'disconnected',
        connectionAt: T + 1,
        lastSeen: T + 999,
        hasReadings: true,
        uptimeMs: 2 ** 40 + 0.5,
        freeHeap: 180_000.25,
        wifiRssi: -67.5,
        errors: 3,
        createdAt: T - 86_400_000,
        updatedAt: T + 7,
      }
      const bare = deviceOf('bare')
      await it.devices.upsert([whole, bare])
      expect(await it.devices.get(whole.id)).toEqual(whole)
      expect(await it.devices.get(bare.id)).toEqual(bare)
    })

    test('one that is removed is not there any more, the others are; one that is not there can be removed', async () => {
      await it.devices.upsert([deviceOf('a'), deviceOf('b'), deviceOf('c')])
      await it.devices.remove([id('a'), id('c'), id('nobody')])
      await it.devices.remove([])
      expect((await it.devices.list(10)).map((device) => device.id)).toEqual(['b'])
      expect(await it.devices.get(id('a'))).toBeUndefined()
    })

    test('ids are compared exactly', async () => {
      await it.devices.upsert([deviceOf('a'), deviceOf('A'), deviceOf('a ')])
      expect(await it.devices.list(10)).toHaveLength(3)
      expect((await it.devices.get(id('A')))?.id).toBe('A')
    })

    test('storing a device again replaces all of it', async () => {
      await it.devices.upsert([deviceOf('a', { type: 'camera', ipAddress: '10.0.0.1', capabilities: ['x'] })])
      const later = deviceOf('a', { name: 'renamed', lastSeen: T + 5, createdAt: T - 5 })
      await it.devices.upsert([later])
      expect(await it.devices.get(id('a'))).toEqual(later)
    })

    test('of the same device twice in one call the last one counts', async () => {
      await it.devices.upsert([
        deviceOf('a', { name: 'first' }),
        deviceOf('b'),
        deviceOf('a', { name: 'second' }),
      ])
      expect((await it.devices.get(id('a')))?.name).toBe('second')
      expect(await it.devices.list(10)).toHaveLength(2)
    })

    test('the list begins with the device seen last and ends at the limit', async () => {
      await it.devices.upsert([
        deviceOf('old', { lastSeen: T - 10 }),
        deviceOf('new', { lastSeen: T + 10 }),
        deviceOf('b', { lastSeen: T }),
        deviceOf('a', { lastSeen: T }),
      ])
      const ids = async (limit: number): Promise<readonly string[]> =>
        (await it.devices.list(limit)).map((device) => device.id)
      expect(await ids(10)).toEqual(['new', 'a', 'b', 'old'])
      expect(await ids(2)).toEqual(['new', 'a'])
    })

    test('nothing to store is no error, and thousands at once are fine', async () => {
      await it.devices.upsert([])
      const many = Array.from({ length: 5_000 }, (_, n) => deviceOf(`d${n}`, { lastSeen: T + n }))
      await it.devices.upsert(many)
      expect(await it.devices.list(10_000)).toHaveLength(5_000)
      expect((await it.devices.list(1))[0]?.id).toBe('d4999')
    })
  })
}
