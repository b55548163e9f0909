import { expect, test } from '@jest/globals'
import type { BalanceService, DeviceBalance } from '../../bridge/index.ts'
import { sheetOf } from '../support/balance-sheets.ts'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { useCleanups } from '../support/cleanups.ts'
import { deviceId } from '../support/facade-services.ts'
import { exchange } from '../support/http-exchange.ts'

const later = useCleanups()

const NO_DROPS = {
  'spool-full-qos0': 0,
  'spool-damaged': 0,
  'stopping-qos0': 0,
  'dead-letter-refused': 0,
  'store-off-full': 0,
}
const gaps = [[2, 3]] as const
const CLOCK = { boot: 'b1', bootedAt: 1_795_410_000_000, driftPpm: -12.5, samples: 9, aheadMs: null }
const SEQUENCE = { boot: 'b1', contiguous: 1, highest: 9, missing: 2, gaps }

/** So many devices `d0`, `d1`, … of which less and less was received; every second sends boot and seq. */
const madeUp = (count: number): BalanceService => {
  const all = Array.from(
    { length: count },
    (_, n): DeviceBalance => ({
      deviceId: deviceId(`d${n}`),
      ...sheetOf({ received: 1000 - n, stored: 1000 - n }),
      sequence: n % 2 === 0 ? SEQUENCE : null,
      clock: n % 2 === 0 ? CLOCK : null,
    }),
  )
  return {
    total: () =>
      sheetOf({ received: 12, stored: 4, spooled: 3, inFlight: 2, dropped: { 'spool-damaged': 1 } }),
    devices: (limit) => all.slice(0, limit),
    device: (id) => all.find((one) => one.deviceId === id),
  }
}

const start = async (devices: number) => {
  const facade = await startBridgedFacade({ deps: { balance: madeUp(devices) } })
  later(facade.stop)
  const get = (query = '') => exchange(`${facade.url}/api/v1/system/balance${query}`)
  const listed = async (query: string): Promise<readonly string[]> =>
    ((await get(query)).json as { data: { devices: readonly { deviceId: string }[] } }).data.devices.map(
      (one) => one.deviceId,
    )
  return { get, listed }
}

test('the total has every place and every reason, also those that are empty, and the remainder', async () => {
  const { status, json, headers } = await (await start(0)).get()
  expect([status, headers['cache-control']]).toEqual([200, 'no-cache, no-store, must-revalidate'])
  expect(json).toEqual({
    success: true,
    data: {
      total: {
        ...{ received: 12, stored: 4, spooled: 3, inFlight: 2, deduplicated: 0, deadLettered: 0 },
        dropped: { ...NO_DROPS, 'spool-damaged': 1 },
        remainder: 2,
      },
      devices: [],
    },
  })
})

test('a device has the same and its sequence, null when it sends none', async () => {
  const { json } = await (await start(2)).get()
  const sheet = { spooled: 0, inFlight: 0, deduplicated: 0, deadLettered: 0, dropped: NO_DROPS, remainder: 0 }
  expect((json as { data: { devices: unknown } }).data.devices).toEqual([
    { deviceId: 'd0', received: 1000, stored: 1000, ...sheet, sequence: SEQUENCE, clock: CLOCK },
    { deviceId: 'd1', received: 999, stored: 999, ...sheet, sequence: null, clock: null },
  ])
})

test('100 devices are listed unless a limit says otherwise, 500 at most', async () => {
  const { listed } = await start(600)
  expect(await listed('')).toHaveLength(100)
  expect(await listed('?limit=2')).toEqual(['d0', 'd1'])
  expect(await listed('?limit=9999')).toHaveLength(500)
  expect(await listed('?limit=none')).toHaveLength(100)
})

test('one device can be asked for; of one that nothing came of there is nothing', async () => {
  const { listed } = await start(600)
  expect(await listed('?deviceId=d599')).toEqual(['d599'])
  expect(await listed('?deviceId=d599&deviceId=d1')).toEqual(['d599'])
  expect(await listed('?deviceId=nobody')).toEqual([])
  expect(await listed('?deviceId=a%2Fb')).toEqual([])
  expect(await listed('?deviceId=&limit=1')).toEqual(['d0'])
})
