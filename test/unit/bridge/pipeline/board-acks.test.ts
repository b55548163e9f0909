import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { DeviceId } from '../../../../bridge/core/reading.ts'
import { type SequenceState, sequenceState } from '../../../../bridge/core/sequence-state.ts'
import { createBoardAcks } from '../../../../bridge/pipeline/board-acks.ts'
import { deviceId, numbered } from './spooled.ts'

const INTERVAL = 200
const A = deviceId('a')

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

/** Acks over a state that the test sets, to boards that listen unless it says otherwise. */
const rig = ({ deaf = [], maxPerSlice = 500 }: { deaf?: readonly string[]; maxPerSlice?: number } = {}) => {
  const told: (readonly [string, unknown])[] = []
  const options: unknown[] = []
  const asked: string[] = []
  const states = new Map<DeviceId, SequenceState | undefined>()
  const acks = createBoardAcks(
    {
      publisher: {
        publish: (topic, payload, given) => {
          told.push([topic, JSON.parse(payload)])
          options.push(given)
        },
        isHeard: (topic) => !deaf.includes(topic),
      },
      state: (id) => {
        asked.push(id)
        return states.get(id)
      },
    },
    { intervalMs: INTERVAL, maxPerSlice },
  )
  acks.start()
  const know = (id: DeviceId, ...ranges: number[]) => void states.set(id, sequenceState('b', ranges))
  return { acks, told, options, asked, know }
}

const named = (name: string, seq = 1) => numbered(seq, { deviceId: deviceId(name) })

describe('the acks of a board', () => {
  test('say up to which number everything is durable, and what is missing after it', () => {
    const { acks, told, options, know } = rig()
    know(A, 1, 41, 45, 50, 52, 57)
    acks.committed([numbered(57)])
    jest.advanceTimersByTime(INTERVAL)
    expect(told).toEqual([['acks/a', { boot: 'b', seq: 41, highest: 57, missing: [[42, 44], [51, 51]] }]]) // biome-ignore format: one line
    expect(options).toEqual([undefined])
  })

  test('say null when the first number is not durable', () => {
    const { acks, told, know } = rig()
    know(A, 3, 4)
    acks.committed([numbered(3)])
    jest.advanceTimersByTime(INTERVAL)
    expect(told).toEqual([['acks/a', { boot: 'b', seq: null, highest: 4, missing: [[1, 2]] }]])
  })

  test('begin with boot and seq in this order, whatever the boot is named', () => {
    const payloads: string[] = []
    const boot = '"seq":99,\\'
    const acks = createBoardAcks(
      {
        publisher: { publish: (_, payload) => void payloads.push(payload), isHeard: () => true },
        state: () => sequenceState(boot, [1, 7]),
      },
      { intervalMs: INTERVAL },
    )
    acks.start()
    acks.subscribed(['acks/a'])
    expect(payloads).toEqual([`{"boot":${JSON.stringify(boot)},"seq":7,"highest":7,"missing":[]}`])
    expect(payloads[0]?.indexOf('"seq":7')).toBe(payloads[0]?.indexOf('"seq":'))
  })

  test('fit into a packet of 256 bytes however much is missing', () => {
    const payloads: string[] = []
    const far = 4_000_000_000
    const holes = Array.from({ length: 40 }, (_, index) => [far + index * 9, far + index * 9 + 1]).flat()
    const acks = createBoardAcks(
      {
        publisher: { publish: (_, payload) => void payloads.push(payload), isHeard: () => true },
        state: () => sequenceState('0123456789abcdef', [1, far - 9, ...holes]),
      },
      { intervalMs: INTERVAL },
    )
    acks.start()
    acks.subscribed(['acks/esp32-240ac4f1b2c8'])
    const packet = 2 + 2 + 'acks/esp32-240ac4f1b2c8'.length + (payloads[0]?.length ?? Number.NaN)
    expect(packet).toBeLessThanOrEqual(256)
  })

  test('go out at most once in the interval, however much comes', () => {
    const { acks, told, know } = rig()
    for (let seq = 1; seq <= 100; seq += 1) {
      know(A, 1, seq)
      acks.committed([numbered(seq)])
      jest.advanceTimersByTime(INTERVAL / 10)
    }
    jest.advanceTimersByTime(INTERVAL)
    const seqs = told.map(([, ack]) => (ack as { seq: number }).seq)
    expect(seqs.length).toBeLessThanOrEqual(11)
    expect(seqs.at(-1)).toBe(100)
  })

  test('are given again for what is sent again: the one before may be lost', () => {
    const { acks, told, know } = rig()
    know(A, 1, 5)
    acks.committed([numbered(5)])
    jest.advanceTimersByTime(INTERVAL)
    acks.resent(A)
    jest.advanceTimersByTime(INTERVAL)
    expect(told).toHaveLength(2)
    expect(told[1]).toEqual(told[0])
  })

  test('are for readings with boot and seq', () => {
    const { acks, asked } = rig()
    acks.committed([numbered(1, { boot: null }), numbered(1, { seq: null })])
    expect(jest.getTimerCount()).toBe(0)
    jest.advanceTimersByTime(INTERVAL)
    expect(asked).toEqual([])
  })

  test('are not even made when nobody listens', () => {
    const { acks, told, asked } = rig({ deaf: ['acks/a'] })
    acks.committed([named('a'), named('b')])
    jest.advanceTimersByTime(INTERVAL)
    expect(asked).toEqual(['b'])
    expect(told).toEqual([])
  })
})

describe('a subscriber', () => {
  test('of one board is told at once, without a reading', () => {
    const { acks, told, know } = rig()
    know(A, 1, 5)
    acks.subscribed(['sensors/a/latest', 'acks/a'])
    expect(told).toEqual([['acks/a', { boot: 'b', seq: 5, highest: 5, missing: [] }]])
  })

  test('of a board that nothing is known of is told nothing', () => {
    const { acks, told } = rig()
    acks.subscribed(['acks/a'])
    expect(told).toEqual([])
  })

  test('by wildcard hears the next ones', () => {
    const { acks, told, asked, know } = rig()
    know(A, 1, 5)
    acks.subscribed(['acks/+', 'acks/#', '#', '+/a', 'acks/', 'acks', 'acks/a/b'])
    expect(asked).toEqual([])
    expect(told).toEqual([])
  })
})

describe('many boards', () => {
  const names = Array.from({ length: 25 }, (_, index) => `board-${index}`)

  test('are told in slices, all of them, each once', () => {
    const { acks, told, know } = rig({ maxPerSlice: 10 })
    for (const name of names) know(deviceId(name), 1, 1)
    acks.committed(names.map((name) => named(name)))
    jest.advanceTimersByTime(INTERVAL)
    expect(told).toHaveLength(10)
    jest.runAllTimers()
    expect(told.map(([topic]) => topic)).toEqual(names.map((name) => `acks/${name}`))
  })

  test('leave no timer when all are told, and begin anew', () => {
    const { acks, told, know } = rig({ maxPerSlice: 10 })
    know(deviceId('board-0'), 1, 1)
    acks.committed(names.map((name) => named(name)))
    jest.runAllTimers()
    expect(jest.getTimerCount()).toBe(0)
    acks.committed([named('board-0')])
    jest.advanceTimersByTime(INTERVAL)
    expect(told).toHaveLength(2)
  })

  test('that send while others are being told are told an interval later', () => {
    const { acks, told, know } = rig({ maxPerSlice: 10 })
    for (const name of names) know(deviceId(name), 1, 1)
    acks.committed(names.map((name) => named(name)))
    jest.advanceTimersByTime(INTERVAL)
    acks.committed([named('board-0')])
    jest.advanceTimersByTime(INTERVAL)
    expect(told).toHaveLength(names.length)
    jest.runAllTimers()
    expect(told).toHaveLength(names.length + 1)
  })
})

describe('a stop', () => {
  test('tells what waits, and nothing afterwards', () => {
    const { acks, told, know } = rig({ maxPerSlice: 1 })
    for (const name of ['a', 'b', 'c', 'd']) know(deviceId(name), 1, 1)
    acks.committed([named('a'), named('b')])
    jest.advanceTimersByTime(INTERVAL)
    acks.committed([named('c'), named('d')])
    acks.stop()
    expect(told.map(([topic]) => topic)).toEqual(['acks/a', 'acks/b', 'acks/c', 'acks/d'])
    acks.committed([named('a')])
    acks.resent(A)
    acks.subscribed(['acks/a'])
    jest.runAllTimers()
    expect(told).toHaveLength(4)
  })

  test('before anything happened does nothing', () => {
    const { acks, told } = rig()
    acks.stop()
    acks.stop()
    expect(told).toEqual([])
    expect(jest.getTimerCount()).toBe(0)
  })
})
