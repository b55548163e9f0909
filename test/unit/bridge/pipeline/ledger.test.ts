import { describe, expect, test } from '@jest/globals'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import { createDeviceLedger } from '../../../../bridge/pipeline/device-ledger.ts'
import { createLedger } from '../../../../bridge/pipeline/ledger.ts'
import { createMemorySink } from '../../../../bridge/stores/memory-sink.ts'
import { createMemorySpool } from '../../../../bridge/stores/memory-spool.ts'
import { createDeferred } from '../../../support/deferred.ts'
import { eventually } from '../../../support/eventually.ts'
import { createBridgeRig, type RigOptions } from '../bridge-rig.ts'
import { deviceId } from './spooled.ts'

const A = deviceId('a')
const NEW = {
  spoolId: 's',
  end: 0,
  nextOffset: 0,
  rows: 0,
  firstRow: 0,
  checkpoint: 0,
  account: null,
  damage: null,
}

const started = async (options: RigOptions = {}) => {
  const rig = createBridgeRig(options)
  await rig.bridge.start()
  return rig
}

const settledTotal = async (rig: Awaited<ReturnType<typeof started>>) =>
  await eventually(() => {
    const total = rig.bridge.balance.total()
    return total.spooled === 0 && total.inFlight === 0 && total
  })

describe('the balance', () => {
  test('has every reading of an array, every duplicate and every unreadable message in one place', async () => {
    const rig = await started()
    await rig.send(
      'sensors/a/data',
      [1, 2, 3].map((seq) => ({ boot: 'b', seq })),
    )
    await rig.send('sensors/a/data', { boot: 'b', seq: 2 })
    await rig.send('sensors/a/data', [{ temperature: 'warm' }])
    expect(await settledTotal(rig)).toMatchObject({
      received: 5,
      stored: 3,
      deduplicated: 1,
      deadLettered: 1,
      remainder: 0,
    })
    expect(rig.bridge.balance.device(A)).toMatchObject({
      ...{ received: 5, stored: 3, spooled: 0, inFlight: 0, deduplicated: 1, deadLettered: 1, remainder: 0 },
      sequence: { boot: 'b', contiguous: 3, missing: 0 },
    })
    await rig.bridge.stop()
  })

  test('shows what waits for the disk as in flight, and what waits for the sink as spooled', async () => {
    const spool = createMemorySpool()
    const sink = createMemorySink()
    sink.setAvailable(false)
    const rig = await started({ spool, sink })
    const gate = createDeferred()
    spool.beforeAppend = () => gate.promise
    const acked = rig.send('sensors/a/data', { temperature: 1 })
    await eventually(() => rig.bridge.balance.total().inFlight === 1)
    expect(rig.bridge.balance.total()).toMatchObject({ received: 1, spooled: 0, remainder: 0 })
    gate.resolve()
    await acked
    expect(rig.bridge.balance.total()).toMatchObject({ received: 1, inFlight: 0, spooled: 1, remainder: 0 })
    expect(rig.bridge.balance.device(A)).toMatchObject({ spooled: 1, remainder: 0 })
    sink.setAvailable(true)
    await settledTotal(rig)
    await rig.bridge.stop()
  })

  test('of rows that the sink refuses has them among the dead letters', async () => {
    const sink = createMemorySink()
    sink.refuse(({ seq }) => seq === 2)
    const rig = await started({ sink })
    await rig.send(
      'sensors/a/data',
      [1, 2, 3].map((seq) => ({ boot: 'b', seq })),
    )
    expect(await settledTotal(rig)).toMatchObject({ received: 3, stored: 2, deadLettered: 1, remainder: 0 })
    expect(rig.bridge.balance.device(A)).toMatchObject({ stored: 2, deadLettered: 1, remainder: 0 })
    await rig.bridge.stop()
  })

  test('goes on after a crash where it was, whatever the sink had stored by then', async () => {
    const spool = createMemorySpool()
    const sink = createMemorySink()
    const first = await started({ spool, sink })
    for (let seq = 1; seq <= 5; seq += 1) await first.send('sensors/a/data', { boot: 'b', seq })
    await settledTotal(first)
    sink.setAvailable(false)
    for (let seq = 6; seq <= 9; seq += 1) await first.send('sensors/a/data', { boot: 'b', seq })
    first.crash()
    const second = await started({ spool, sink })
    sink.setAvailable(true)
    await second.send('sensors/a/data', { boot: 'b', seq: 9 })
    await second.send('sensors/a/data', { boot: 'b', seq: 10 })
    expect(await settledTotal(second)).toMatchObject({
      received: 11,
      stored: 10,
      deduplicated: 1,
      remainder: 0,
    })
    // Of the devices it tells what came since the start.
    expect(second.bridge.balance.device(A)).toMatchObject({ received: 2, stored: 1, remainder: 0 })
    await first.bridge.stop()
    await second.bridge.stop()
  })

  test('counts QoS 0 that is dropped, by its reason', async () => {
    const sink = createMemorySink()
    sink.setAvailable(false)
    const rig = await started({ sink, maxSpoolBytes: 100 })
    await rig.send('sensors/a/data', { temperature: 1 }, { qos: 0 })
    await rig.send('sensors/a/data', { temperature: 2 }, { qos: 0 })
    expect(rig.bridge.balance.total()).toMatchObject({
      received: 2,
      spooled: 1,
      dropped: { 'spool-full-qos0': 1 },
      remainder: 0,
    })
    expect(rig.bridge.balance.device(A)).toMatchObject({ dropped: { 'spool-full-qos0': 1 }, remainder: 0 })
    await rig.bridge.stop()
  })

  test('without a sink has what was kept as spooled, and what made room as dropped', async () => {
    const rig = await started({ useDb: false, maxSpoolBytes: 2_000 })
    for (let seq = 0; seq < 40; seq += 1) await rig.send('sensors/a/data', { boot: 'b', seq })
    const total = await eventually(() => {
      const now = rig.bridge.balance.total()
      return (now.dropped['store-off-full'] ?? 0) > 0 && now
    })
    expect(total).toMatchObject({ received: 40, stored: 0, remainder: 0 })
    await rig.bridge.stop()
  })
})

test('a row that the sink swallowed without a word is a remainder', async () => {
  const sink = createMemorySink()
  const rig = createBridgeRig({
    sink: { ...sink, store: async (batch) => ({ ...(await sink.store(batch)), readings: 0 }) },
  })
  await rig.bridge.start()
  await rig.send('sensors/a/data', { temperature: 1 })
  const total = await eventually(() => {
    const now = rig.bridge.balance.total()
    return now.spooled === 0 && now
  })
  expect(total).toMatchObject({ received: 1, stored: 0, remainder: 1 })
  await rig.bridge.stop()
})

test('books that cannot be read are begun anew, and balance', () => {
  for (const account of ['', '{', '[]', '{"sink":1}', 'null']) {
    const ledger = createLedger({
      devices: createDeviceLedger({ sequence: () => undefined, clock: () => undefined }, { maxDevices: 2 }),
      spool: () => ({ pendingRows: 0, rows: 7 }),
      hasSink: true,
    })
    ledger.open({ ...NEW, rows: 7, firstRow: 3, account })
    expect(ledger.total()).toMatchObject({ received: 4, spooled: 4, remainder: 0 })
  }
})

test('of more devices than are kept those longest unheard of go, unless something of theirs is under way', () => {
  const devices = createDeviceLedger({ sequence: () => undefined, clock: () => undefined }, { maxDevices: 2 })
  devices.took(deviceId('busy'), 1)
  for (const name of ['b', 'c', 'd']) devices.deduplicated(deviceId(name), 1)
  expect(devices.device(deviceId('busy'))).toMatchObject({ inFlight: 1, remainder: 0 })
  expect(devices.devices(10)).toHaveLength(2)
})

test('when something of every device is under way, more are kept up to a bound, and then the oldest begin anew', () => {
  const devices = createDeviceLedger(
    { sequence: () => undefined, clock: () => undefined },
    { maxDevices: 100 },
  )
  for (let index = 0; index < 1_000; index += 1) devices.took(deviceId(`d${index}`), 1)
  expect(devices.devices(1_000).length).toBeLessThanOrEqual(200)
  expect(devices.device(deviceId('d0'))).toBeUndefined()
  devices.durableLetter(deviceId('d0'))
  expect(devices.device(deviceId('d0'))).toBeUndefined()
  expect(devices.device(deviceId('d999'))).toMatchObject({ received: 1, inFlight: 1, remainder: 0 })
})

test('a board whose batch was stored while the answer was lost has its readings stored, not spooled', async () => {
  const sink = createMemorySink()
  let lose = true
  const rig = await started({
    sink: {
      ...sink,
      store: async (batch) => {
        const stored = await sink.store(batch)
        if (lose) {
          lose = false
          throw new BridgeError('STORE_UNAVAILABLE', 'the link was cut')
        }
        return stored
      },
    },
  })
  await rig.send('sensors/a/data', { temperature: 1 })
  expect(await settledTotal(rig)).toMatchObject({ received: 1, stored: 1, remainder: 0 })
  expect(lose).toBe(false)
  expect(rig.bridge.balance.device(A)).toMatchObject({ received: 1, stored: 1, spooled: 0, remainder: 0 })
  await rig.bridge.stop()
})
