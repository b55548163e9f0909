import { afterEach, describe, expect, test } from '@jest/globals'
import { decodeRow } from '../../../../bridge/core/copy-row.ts'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { createAdmission } from '../../../../bridge/pipeline/admission.ts'
import { createBootClocks } from '../../../../bridge/pipeline/boot-clocks.ts'
import { createDeviceLedger } from '../../../../bridge/pipeline/device-ledger.ts'
import { createIngest } from '../../../../bridge/pipeline/ingest.ts'
import { createLedger } from '../../../../bridge/pipeline/ledger.ts'
import { createSequences } from '../../../../bridge/pipeline/sequences.ts'
import { createSpoolWriter } from '../../../../bridge/pipeline/spool-writer.ts'
import type { Message } from '../../../../bridge/ports.ts'
import { createMemorySpool } from '../../../../bridge/stores/memory-spool.ts'
import { createDeferred, settled } from '../../../support/deferred.ts'
import { deviceId, heard, seqsOf } from './spooled.ts'

const NOW = Date.UTC(2026, 10, 23, 3, 37)
const A = deviceId('a')

const NEW_SPOOL = {
  spoolId: 's',
  end: 0,
  nextOffset: 0,
  rows: 0,
  firstRow: 0,
  checkpoint: 0,
  account: null,
  damage: null,
}

const createRig = ({ maxMemoryBytes = 1_000_000 } = {}) => {
  const spool = createMemorySpool()
  const events = createBridgeEmitter()
  const sequences = createSequences()
  const published: { topic: string; payload: unknown }[] = []
  const use = { spoolBytes: 0 }
  const writer = createSpoolWriter(
    {
      store: spool,
      events,
      onCommitted: ({ offset, readings }) => {
        sequences.committed(readings, offset)
        ledger.durable(readings)
        admission.update()
      },
      monotonic: () => 0,
      random: () => 0,
    },
    NEW_SPOOL,
  )
  const ledger = createLedger({
    devices: createDeviceLedger({ sequence: () => undefined, clock: () => undefined }, { maxDevices: 100 }),
    spool: () => ({ pendingRows: writer.pendingRows, rows: writer.rows }),
    hasSink: true,
  })
  const admission = createAdmission(
    {
      use: () => ({ ...use, memoryBytes: writer.pendingBytes }),
      events,
      monotonic: () => performance.now(),
    },
    { maxSpoolBytes: 1_000, maxMemoryBytes, holdMs: 100, maxHeldBytes: 100_000 },
  )
  const ingest = createIngest({
    writer,
    sequences,
    admission,
    ledger,
    publisher: {
      publish: (topic, payload) => published.push({ topic, payload: JSON.parse(payload) }),
      isHeard: () => true,
    },
    events,
    clock: () => NOW,
    clocks: createBootClocks(),
    onResent: () => {},
    maxMemoryBytes,
  })
  const answers: string[] = []
  const answer =
    (name: string) =>
    (error?: Error): void =>
      void answers.push(error === undefined ? `ack ${name}` : `${Reflect.get(error, 'code')} ${name}`)
  const message = (payload: unknown, qos: 0 | 1 | 2 = 1, topic = 'sensors/a/data'): Message => ({
    topic,
    payload: Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload)),
    qos,
    retain: false,
  })
  return {
    spool,
    events,
    published,
    admission,
    ingest,
    answers,
    answer,
    message,
    send: (name: string, payload: unknown, qos: 0 | 1 | 2 = 1): void =>
      ingest.readings(message(payload, qos), 'client', A, answer(name)),
    fill: (spoolBytes: number): void => {
      use.spoolBytes = spoolBytes
      admission.update()
    },
    stored: () =>
      spool.written.flatMap(({ readings }) =>
        Buffer.from(readings)
          .toString()
          .split('\n')
          .filter((line) => line !== '')
          .map(decodeRow),
      ),
    dead: () =>
      spool.written
        .flatMap(({ deadLetters }) => Buffer.from(deadLetters).toString().split('\n'))
        .filter((line) => line !== '')
        .map((line) => line.split('\t')),
  }
}

type Rig = ReturnType<typeof createRig>

/** Holds every append until told. */
const gate = (rig: Rig) => {
  const open = createDeferred()
  rig.spool.beforeAppend = () => open.promise
  return open
}

const rigs: Rig[] = []
const newRig = (options?: Parameters<typeof createRig>[0]): Rig => {
  const rig = createRig(options)
  rigs.push(rig)
  return rig
}
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.ingest.stop()
})

describe('readings of a topic', () => {
  test('are acked once they are durable, and not before', async () => {
    const rig = newRig()
    const disk = gate(rig)
    rig.send('x', { temperature: 21.5 })
    await settled()
    expect(rig.answers).toEqual([])
    disk.resolve()
    await settled()
    expect(rig.answers).toEqual(['ack x'])
    expect(rig.stored()).toMatchObject([{ deviceId: 'a', temperature: 21.5, receivedAt: NOW, ts: NOW }])
  })

  test('of any QoS go the same way', async () => {
    const rig = newRig()
    for (const qos of [0, 1, 2] as const) rig.send(`${qos}`, { temperature: qos }, qos)
    await settled()
    expect(rig.answers).toEqual(['ack 0', 'ack 1', 'ack 2'])
    expect(rig.stored()).toHaveLength(3)
  })

  test('sent again while the first copy is on its way are acked only once that is durable, and stored once', async () => {
    const rig = newRig()
    const known = heard(rig.events, 'readings:deduplicated')
    const disk = gate(rig)
    rig.send('first', { temperature: 1, boot: 'b', seq: 1 })
    await settled()
    rig.send('again', { temperature: 1, boot: 'b', seq: 1 })
    await settled()
    expect(rig.answers).toEqual([])
    disk.resolve()
    await settled()
    expect(rig.answers).toEqual(['ack first', 'ack again'])
    expect(rig.stored()).toHaveLength(1)
    expect(known).toEqual([{ count: 1 }])
  })

  test('sent again later are acked at once', async () => {
    const rig = newRig()
    rig.send('first', { temperature: 1, boot: 'b', seq: 1 })
    await settled()
    rig.send('again', { temperature: 1, boot: 'b', seq: 1 })
    expect(rig.answers).toEqual(['ack first', 'ack again'])
    expect(rig.stored()).toHaveLength(1)
  })

  test('in an array are stored without those known already, and without twins within it', async () => {
    const rig = newRig()
    const known = heard(rig.events, 'readings:deduplicated')
    const at = (seq: number) => ({ temperature: seq, boot: 'b', seq })
    rig.send('x', [at(1), at(2)])
    await settled()
    rig.send('y', [at(2), at(3), at(3), at(4), { temperature: 9 }])
    await settled()
    expect(rig.answers).toEqual(['ack x', 'ack y'])
    expect(seqsOf(rig.stored())).toEqual([1, 2, 3, 4, null])
    expect(known).toEqual([{ count: 2 }])
  })

  test('in an array known as a whole are acked and stored no more', async () => {
    const rig = newRig()
    const both = [1, 2].map((seq) => ({ temperature: 1, boot: 'b', seq }))
    rig.send('x', both)
    rig.send('y', both)
    await settled()
    expect(rig.answers).toEqual(['ack x', 'ack y'])
    expect(rig.stored()).toHaveLength(2)
  })
})

describe('a payload that cannot be read', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['bad-json', Buffer.from('{"temperature":')],
    ['bad-json', Buffer.alloc(0)],
    ['bad-encoding', Buffer.from([0x7b, 0xff, 0x7d])],
    ['bad-shape', []],
    ['bad-shape', 17],
    ['bad-value', { temperature: 'warm' }],
    ['wrong-device-id', { deviceId: 'b', temperature: 1 }],
    ['too-large', Buffer.alloc(65_537, 0x20)],
    ['too-many-readings', Array.from({ length: 1_001 }, () => ({ t: 1 }))],
  ]

  for (const [index, [reason, payload]] of cases.entries()) {
    test(`is dead-lettered raw and told to its board: ${reason} (${index + 1})`, async () => {
      const rig = newRig()
      const rejected = heard(rig.events, 'message:rejected')
      const disk = gate(rig)
      rig.send('x', payload)
      await settled()
      expect(rig.answers).toEqual([])
      disk.resolve()
      await settled()
      expect(rig.answers).toEqual(['ack x'])
      expect(rejected).toMatchObject([{ reason, topic: 'sensors/a/data', deviceId: 'a' }])
      expect(rig.published).toMatchObject([
        { topic: 'errors/a', payload: { reason, topic: 'sensors/a/data', detail: rejected[0]?.detail } },
      ])
      const [fields] = rig.dead()
      expect(fields?.slice(1, 5)).toEqual(['sensors/a/data', 'client', 'a', reason])
      const raw = Buffer.from((fields?.[6] ?? '').slice(3), 'hex')
      expect(raw.equals(rig.message(payload).payload)).toBe(true)
      expect(rig.stored()).toEqual([])
    })
  }

  test('of the greatest size that is allowed is read', async () => {
    const rig = newRig()
    const json = JSON.stringify({ temperature: 1 })
    rig.send('x', Buffer.from(json.padEnd(65_536, ' ')))
    await settled()
    expect(rig.stored()).toHaveLength(1)
  })

  test('with the replacement character itself in it is fine', async () => {
    const rig = newRig()
    rig.send('x', { note: 'a\ufffdb' })
    await settled()
    expect(rig.stored()).toMatchObject([{ custom: { note: 'a\ufffdb' } }])
  })

  test('of many megabytes is kept in part, so that nobody can fill the memory with it', async () => {
    const rig = newRig({ maxMemoryBytes: 100_000_000 })
    rig.send('x', Buffer.alloc(20 * 1024 * 1024, 0x41))
    await settled()
    expect(rig.answers).toEqual(['ack x'])
    const [fields] = rig.dead()
    expect(fields?.[5]).toContain(`${20 * 1024 * 1024} bytes`)
    expect((fields?.[6] ?? '').length).toBe(2 * 1024 * 1024 + 3)
  })

  test('under a bad id is dead-lettered without a device, and nobody can be told', async () => {
    const rig = newRig()
    rig.ingest.readings(
      rig.message({ temperature: 1 }, 1, 'sensors//data'),
      'client',
      undefined,
      rig.answer('x'),
    )
    await settled()
    expect(rig.answers).toEqual(['ack x'])
    expect(rig.dead()[0]?.slice(1, 5)).toEqual(['sensors//data', 'client', '\\N', 'bad-device-id'])
    expect(rig.published).toEqual([])
  })

  test('found bad elsewhere is dead-lettered the same way', async () => {
    const rig = newRig()
    const message = { ...rig.message({}, 1, 'devices/a/register'), clientId: null, deviceId: A }
    rig.ingest.reject(message, { reason: 'bad-shape', detail: 'no name' }, rig.answer('x'))
    await settled()
    expect(rig.answers).toEqual(['ack x'])
    expect(rig.dead()[0]?.slice(1, 6)).toEqual(['devices/a/register', '\\N', 'a', 'bad-shape', 'no name'])
    expect(rig.published).toMatchObject([{ topic: 'errors/a' }])
  })

  test('does not keep its neighbours from being stored', async () => {
    const rig = newRig()
    rig.send('x', { temperature: 1 })
    rig.send('y', Buffer.from('nonsense'))
    rig.send('z', { temperature: 3 })
    await settled()
    expect(rig.answers).toEqual(['ack x', 'ack y', 'ack z'])
    expect(rig.stored()).toHaveLength(2)
    expect(rig.dead()).toHaveLength(1)
  })
})

describe('a full spool', () => {
  test('drops QoS 0 and counts it', async () => {
    const rig = newRig()
    const dropped = heard(rig.events, 'message:dropped')
    rig.fill(1_000)
    rig.send('x', { temperature: 1 }, 0)
    await settled()
    expect(rig.answers).toEqual(['ack x'])
    expect(dropped).toEqual([{ reason: 'spool-full-qos0', count: 1 }])
    expect(rig.stored()).toEqual([])
  })

  test('holds messages with an ack and takes them in order when there is room', async () => {
    const rig = newRig()
    rig.fill(1_000)
    rig.send('1', { temperature: 1 })
    rig.send('2', Buffer.from('nonsense'))
    rig.send('3', { temperature: 3 }, 2)
    await settled()
    expect(rig.answers).toEqual([])
    rig.fill(0)
    rig.send('4', { temperature: 4 })
    await settled()
    expect(rig.answers).toEqual(['ack 1', 'ack 2', 'ack 3', 'ack 4'])
    expect(rig.stored().map(({ temperature }) => temperature)).toEqual([1, 3, 4])
  })

  test('refuses a REST body that waited too long with SPOOL_FULL', async () => {
    const rig = newRig()
    rig.fill(1_000)
    await expect(rig.ingest.body(A, { temperature: 1 })).rejects.toMatchObject({ code: 'SPOOL_FULL' })
    expect(rig.stored()).toEqual([])
  })

  test('does not know a reading that it refused: its resend is stored', async () => {
    const rig = newRig()
    const reading = { temperature: 1, boot: 'b', seq: 1 }
    rig.fill(1_000)
    await expect(rig.ingest.body(A, reading)).rejects.toMatchObject({ code: 'SPOOL_FULL' })
    rig.fill(0)
    rig.send('again', reading)
    await settled()
    expect(rig.stored()).toHaveLength(1)
  })

  test('means the memory before the disk as well: no more than its bound waits for a slow one', async () => {
    const rig = newRig({ maxMemoryBytes: 2_000 })
    const dropped = heard(rig.events, 'message:dropped')
    const disk = gate(rig)
    for (let index = 0; index < 100; index += 1) rig.send(`${index}`, { temperature: index }, 0)
    expect(rig.admission.full).toBe(true)
    expect(dropped.length).toBeGreaterThan(50)
    disk.resolve()
    await settled()
    expect(rig.admission.full).toBe(false)
    expect(rig.stored()).toHaveLength(100 - dropped.length)
  })
})

describe('a REST body', () => {
  test('is answered once durable, with the offset of its first reading', async () => {
    const rig = newRig()
    rig.send('x', { temperature: 1 })
    const [one, two] = await Promise.all([
      rig.ingest.body(A, [{ temperature: 2 }, { temperature: 3 }]),
      rig.ingest.body(A, { temperature: 4 }),
    ])
    expect(one).toMatchObject({ ok: true, id: 1, readings: [{ temperature: 2 }, { temperature: 3 }] })
    expect(two).toMatchObject({ ok: true, id: 3 })
    expect(rig.stored()).toHaveLength(4)
  })

  test('that is refused is answered with the reason, and no dead letter is made of it', async () => {
    const rig = newRig()
    expect(await rig.ingest.body(A, { temperature: 'warm' })).toMatchObject({
      ok: false,
      rejection: { reason: 'bad-value' },
    })
    await settled()
    expect(rig.spool.written).toEqual([])
    expect(rig.published).toEqual([])
  })

  test('sent again right after its answer is answered as well', async () => {
    const rig = newRig()
    const reading = { temperature: 1, boot: 'b', seq: 1 }
    await rig.ingest.body(A, reading)
    expect(await rig.ingest.body(A, reading)).toMatchObject({ ok: true })
    expect(rig.stored()).toHaveLength(1)
  })
})

describe('stopping', () => {
  test('refuses everything from then on, and what is held', async () => {
    const rig = newRig()
    rig.fill(1_000)
    rig.send('held', { temperature: 1 })
    rig.ingest.stop()
    rig.send('late', { temperature: 2 })
    expect(rig.answers).toEqual(['STOPPING held', 'STOPPING late'])
    await expect(rig.ingest.body(A, { temperature: 3 })).rejects.toMatchObject({ code: 'STOPPING' })
    await settled()
    expect(rig.spool.written).toEqual([])
  })
})
