import { afterEach, describe, expect, test } from '@jest/globals'
import { createMemoryDevices } from '../../../bridge/stores/memory-devices.ts'
import { createMemoryLatest } from '../../../bridge/stores/memory-latest.ts'
import { createMemorySink } from '../../../bridge/stores/memory-sink.ts'
import { createMemorySpool } from '../../../bridge/stores/memory-spool.ts'
import { createDeferred, settled } from '../../support/deferred.ts'
import { eventually } from '../../support/eventually.ts'
import { deviceId } from '../../support/readings.ts'
import { createBridgeRig, type RigOptions } from './bridge-rig.ts'

const A = deviceId('a')
const DATA = 'sensors/a/data'

const running: { stop(): Promise<void> }[] = []

const startRig = async (options: RigOptions = {}) => {
  const rig = createBridgeRig(options)
  running.push(rig.bridge)
  await rig.bridge.start()
  return rig
}

afterEach(async () => {
  for (const bridge of running.splice(0)) await bridge.stop()
})

describe('a reading', () => {
  test('is acked, and told to anyone, only after it is durable', async () => {
    const rig = await startRig()
    const disk = createDeferred()
    rig.spool.beforeAppend = () => disk.promise
    const seen: string[] = []
    const acked = rig.send(DATA, { temperature: 1 }).then(() => seen.push('ack'))
    await settled()
    expect(seen).toEqual([])
    expect(await rig.bridge.readings.latest([A])).toEqual([])
    expect(await rig.bridge.readings.recent(A, 10)).toEqual([])
    disk.resolve()
    await acked
    expect(rig.spool.written).toHaveLength(1)
    expect(await rig.bridge.readings.latest([A])).toMatchObject([{ values: { temperature: 1 } }])
  })

  test('goes on to subscribers as it came: its source is handed no other payload', async () => {
    const rig = await startRig()
    const message = { topic: DATA, payload: Buffer.from('{"temperature":1}'), qos: 1, retain: false } as const
    const answer = await new Promise<readonly unknown[]>((resolve) =>
      rig.bridge.intake(message, 'client', (...given) => resolve(given)),
    )
    expect(answer.filter((part) => part !== undefined)).toEqual([])
  })

  test('that is acked is the latest value and among the recent readings already', async () => {
    const rig = await startRig()
    rig.sink.setAvailable(false)
    await rig.send(DATA, { temperature: 21.5 })
    expect(await rig.bridge.readings.latest([A])).toMatchObject([{ values: { temperature: 21.5 } }])
    expect(await rig.bridge.readings.recent(A, 10)).toMatchObject([{ temperature: 21.5 }])
  })

  test('goes to Postgres, and away from the spool', async () => {
    const rig = await startRig()
    await rig.send(DATA, { temperature: 1 })
    await eventually(() => rig.sink.readings.length === 1)
    await eventually(() => rig.spool.written.length === 0)
  })

  test('makes its device known, and published as latest and online', async () => {
    const rig = await startRig()
    await rig.send(DATA, { temperature: 1 })
    expect(await rig.bridge.devices.list(10)).toMatchObject([{ id: 'a', hasReadings: true }])
    await eventually(() => rig.on('sensors/a/latest').length === 1)
    expect(rig.on('devices/a/status')).toEqual([{ status: 'online', at: rig.time.now }])
    expect(rig.published.every(({ retain }) => retain)).toBe(true)
  })

  test('sent again is acked and stored once', async () => {
    const rig = await startRig()
    const reading = { boot: 'b', seq: 1, temperature: 1 }
    await rig.send(DATA, reading)
    await rig.send(DATA, reading)
    await eventually(() => rig.sink.readings.length > 0)
    await rig.bridge.stop()
    expect(rig.sink.readings).toHaveLength(1)
  })

  test('over HTTP has the same way', async () => {
    const rig = await startRig()
    const ingested = await rig.bridge.readings.ingest(A, { temperature: 2 })
    expect(ingested).toMatchObject({ ok: true, readings: [{ temperature: 2 }] })
    expect(rig.spool.written.length + rig.sink.readings.length).toBeGreaterThan(0)
    expect(await rig.bridge.readings.latest([A])).toMatchObject([{ values: { temperature: 2 } }])
  })
})

describe('a message', () => {
  test('of a topic that is none of ours is acked at once and stored nowhere', async () => {
    const rig = await startRig()
    rig.spool.beforeAppend = () => Promise.reject(new Error('must not be written'))
    await rig.send('weather/today', { temperature: 1 })
    expect(rig.spool.written).toEqual([])
    expect(await rig.bridge.devices.list(10)).toEqual([])
  })

  test('that cannot be read is acked, a dead letter, and its board is told why', async () => {
    const rig = await startRig()
    await rig.send(DATA, Buffer.from('{"temperature":'))
    await eventually(() => rig.sink.deadLetters.length === 1)
    expect(rig.on('errors/a')).toMatchObject([{ reason: 'bad-json', topic: DATA }])
    expect(rig.sink.readings).toEqual([])
  })

  test('of a device id that breaks the rule is a dead letter, and nobody is told', async () => {
    const rig = await startRig()
    await rig.send('sensors//data', { temperature: 1 })
    await eventually(() => rig.sink.deadLetters.length === 1)
    expect(rig.published.filter(({ topic }) => topic !== 'time/now')).toEqual([])
  })

  test('before the start, and after the stop, is refused: its sender keeps it', async () => {
    const rig = createBridgeRig()
    await expect(rig.send(DATA, { temperature: 1 })).rejects.toMatchObject({ code: 'STOPPING' })
    await rig.bridge.start()
    await rig.bridge.stop()
    await expect(rig.send(DATA, { temperature: 1 })).rejects.toMatchObject({ code: 'STOPPING' })
    await expect(rig.bridge.readings.ingest(A, { temperature: 1 })).rejects.toMatchObject({
      code: 'STOPPING',
    })
  })
})

describe('the status of a device', () => {
  test('follows the connection of the client that speaks for it', async () => {
    const rig = await startRig()
    await rig.send(DATA, { temperature: 1 }, { clientId: 'board' })
    rig.time.now += 10
    rig.bridge.clientGone('board')
    expect(rig.on('devices/a/status')).toMatchObject([{ status: 'online' }, { status: 'offline' }])
  })

  test('of a known device is online from the CONNECT of its client on', async () => {
    const rig = await startRig()
    await rig.send(DATA, { temperature: 1 }, { clientId: 'a' })
    rig.time.now += 10
    rig.bridge.clientGone('a')
    rig.time.now += 10
    rig.bridge.clientConnected('a')
    rig.bridge.clientConnected('stranger')
    await eventually(() => rig.on('devices/a/status').length === 3)
    expect(await rig.bridge.devices.list(10)).toHaveLength(1)
  })

  test('is not touched by a client that only sends it a command', async () => {
    const rig = await startRig()
    await rig.send('buzzer/a/cmd', { action: 'beep' }, { clientId: 'dashboard' })
    expect(await rig.bridge.devices.list(10)).toEqual([])
    await rig.send(DATA, { temperature: 1 }, { clientId: 'board' })
    rig.time.now += 10
    await rig.send('buzzer/a/cmd', { action: 'beep' }, { clientId: 'dashboard' })
    rig.bridge.clientGone('dashboard')
    expect(rig.on('devices/a/status')).toMatchObject([{ status: 'online' }])
  })

  test('is not connected by the will of a client that is gone', async () => {
    const rig = await startRig()
    await rig.send('devices/a/status', { status: 'offline' }, { clientId: '' })
    expect(await rig.bridge.devices.get(A)).toMatchObject({ connection: 'none', reportedStatus: 'offline' })
    expect(rig.on('devices/a/status').at(-1)).toMatchObject({ status: 'offline' })
  })

  test('is not connected by a client that went while its device was looked up', async () => {
    const stored = createMemoryDevices()
    const lookUp = createDeferred()
    const rig = await startRig({
      devices: {
        ...stored,
        list: async () => Promise.reject(new Error('away')),
        get: async (id) => {
          await lookUp.promise
          return stored.get(id)
        },
      },
    })
    await stored.upsert([
      {
        id: A,
        name: 'a',
        type: null,
        ipAddress: null,
        capabilities: [],
        reportedStatus: 'online',
        connection: 'none',
        connectionAt: 0,
        lastSeen: rig.time.now,
        hasReadings: true,
        uptimeMs: 0,
        freeHeap: 0,
        wifiRssi: 0,
        errors: 0,
        createdAt: 0,
        updatedAt: 0,
      },
    ])
    rig.bridge.clientConnected('a')
    rig.bridge.clientGone('a')
    lookUp.resolve()
    await settled()
    expect(await rig.bridge.devices.get(A)).toMatchObject({ connection: 'none' })
  })
})

describe('after a crash', () => {
  test('a reading that was trimmed before is still known: rows go only once a checkpoint knows them', async () => {
    const [spool, sink] = [createMemorySpool(), createMemorySink()]
    const first = await startRig({ spool, sink })
    await first.send(DATA, { boot: 'b', seq: 1, temperature: 1 })
    await eventually(() => first.calls.includes('trim'))
    first.crash()
    expect(first.calls.indexOf('checkpoint')).toBeLessThan(first.calls.indexOf('trim'))
    expect(spool.written).toEqual([])

    const second = await startRig({ spool, sink })
    const known: number[] = []
    second.events.on('readings:deduplicated', ({ count }) => known.push(count))
    await second.send(DATA, { boot: 'b', seq: 1, temperature: 1 })
    expect(known).toEqual([1])
    await second.bridge.stop()
    expect(sink.readings).toHaveLength(1)
  })

  test('between checkpoint and trim nothing is lost or stored twice', async () => {
    const [spool, sink] = [createMemorySpool(), createMemorySink()]
    const first = await startRig({ spool, sink })
    await first.send(DATA, { boot: 'b', seq: 1, temperature: 1 })
    await eventually(() => first.calls.includes('checkpoint'))
    first.crash()

    const second = await startRig({ spool, sink })
    await second.send(DATA, { boot: 'b', seq: 1, temperature: 1 })
    await second.send(DATA, { boot: 'b', seq: 2, temperature: 2 })
    await second.bridge.stop()
    expect(sink.readings.map(({ seq }) => seq)).toEqual([1, 2])
  })

  test('what was acked and not stored yet is the latest, recent, and of a known device', async () => {
    const spool = createMemorySpool()
    const sink = createMemorySink()
    sink.setAvailable(false)
    const first = await startRig({ spool, sink })
    await first.send(DATA, { temperature: 5 })
    first.crash()

    const second = await startRig({ spool, sink })
    expect(await second.bridge.readings.latest([A])).toMatchObject([{ values: { temperature: 5 } }])
    expect(await second.bridge.readings.recent(A, 10)).toMatchObject([{ temperature: 5 }])
    expect(await second.bridge.devices.get(A)).toMatchObject({ id: 'a', hasReadings: true })
    sink.setAvailable(true)
    await eventually(() => sink.readings.length === 1)
  })
})

describe('after a restart without Redis', () => {
  const restart = async (sink = createMemorySink()) => {
    const spool = createMemorySpool()
    const first = await startRig({ spool, sink })
    const ts = first.time.now - 60_000
    await first.send(DATA, { ts, temperature: 20, humidity: 50 })
    await first.bridge.stop()
    return { second: await startRig({ spool, sink }), ts }
  }

  test('a late reading does not turn back the latest values that are told', async () => {
    const { second, ts } = await restart()
    await second.send(DATA, { ts: ts - 3_600_000, temperature: 5 })
    await eventually(() => second.on('sensors/a/latest').length > 0)
    expect(second.on('sensors/a/latest')).toMatchObject([{ ts, values: { temperature: 20, humidity: 50 } }])
  })

  test('values are told as they are while Postgres is away', async () => {
    const sink = createMemorySink()
    const { second, ts } = await restart(sink)
    sink.setAvailable(false)
    await second.send(DATA, { ts: ts + 1, temperature: 21 })
    await eventually(() => second.on('sensors/a/latest').length > 0)
    expect(second.on('sensors/a/latest')).toMatchObject([{ values: { temperature: 21 } }])
  })
})

describe('stopping', () => {
  test('stores what is spooled, writes latest values and devices, and closes the spool last', async () => {
    const [latest, devices] = [createMemoryLatest(), createMemoryDevices()]
    const rig = await startRig({ latest, devices })
    await rig.send(DATA, { temperature: 7 })
    await rig.bridge.stop()
    expect(rig.sink.readings).toMatchObject([{ temperature: 7 }])
    expect(await latest.get([A])).toMatchObject([{ values: { temperature: 7 } }])
    expect(await devices.list(10)).toMatchObject([{ id: 'a' }])
    expect(rig.calls.at(-1)).toBe('close')
    expect(rig.on('sensors/a/latest')).toHaveLength(1)
  })

  test('leaves to the next start what Postgres does not take', async () => {
    const [spool, sink] = [createMemorySpool(), createMemorySink()]
    const first = await startRig({ spool, sink })
    sink.setAvailable(false)
    await first.send(DATA, { temperature: 1 })
    await first.bridge.stop()
    expect(spool.written).toHaveLength(1)
    sink.setAvailable(true)
    await startRig({ spool, sink })
    await eventually(() => sink.readings.length === 1)
  })

  test('does not wait for a Postgres that hangs longer than it may', async () => {
    const sink = createMemorySink()
    const rig = createBridgeRig({ sink: { ...sink, store: () => new Promise<never>(() => {}) } })
    await rig.bridge.start()
    await rig.send(DATA, { temperature: 1 })
    await rig.bridge.stop()
    expect(rig.spool.written).toHaveLength(1)
    expect(rig.calls.at(-1)).toBe('close')
  })

  test('before, during and after a start is one stop, and a start that failed is stopped as well', async () => {
    const rig = createBridgeRig()
    const starting = rig.bridge.start()
    await Promise.all([rig.bridge.stop(), rig.bridge.stop(), starting])
    expect(rig.calls.filter((call) => call === 'close')).toHaveLength(1)

    const broken = createMemorySpool()
    const failing = createBridgeRig({ spool: { ...broken, open: () => Promise.reject(new Error('broken')) } })
    await expect(failing.bridge.start()).rejects.toThrow('broken')
    await failing.bridge.stop()
  })
})

describe('without a database', () => {
  test('readings stay in the spool and are served from memory', async () => {
    const rig = await startRig({ useDb: false })
    await rig.send(DATA, { temperature: 1 })
    expect(rig.spool.written).toHaveLength(1)
    expect(await rig.bridge.readings.recent(A, 10)).toMatchObject([{ temperature: 1 }])
    expect(rig.bridge.stats()).toMatchObject({ waitingRows: 0, full: false, latestAvailable: true })
  })

  test('the oldest make room, counted, before the bound is reached', async () => {
    const rig = await startRig({ useDb: false, maxSpoolBytes: 20_000 })
    let dropped = 0
    rig.events.on('message:dropped', ({ count }) => {
      dropped += count
    })
    for (let seq = 0; seq < 300; seq += 1) await rig.send(DATA, { boot: 'b', seq, temperature: seq })
    await eventually(() => rig.bridge.stats().spoolBytes < 18_000)
    const kept = rig.spool.written.reduce((rows, entry) => rows + entry.readingRows, 0)
    expect(kept + dropped).toBe(300)
    expect(rig.bridge.stats().full).toBe(false)
  })
})
