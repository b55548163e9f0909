import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createTimeSignal } from '../../../../bridge/pipeline/time-signal.ts'

const T0 = 1_795_410_142_284

beforeEach(() => void jest.useFakeTimers({ now: T0 }))
afterEach(() => void jest.useRealTimers())

const rig = () => {
  const published: {
    readonly topic: string
    readonly payload: string
    readonly retain: boolean | undefined
  }[] = []
  const jumps: number[] = []
  const server = { aheadMs: 0 }
  const signal = createTimeSignal({
    publisher: {
      publish: (topic, payload, options) => void published.push({ topic, payload, retain: options?.retain }),
      isHeard: () => true,
    },
    clock: () => Date.now() + server.aheadMs,
    monotonic: () => Date.now() - T0,
    onJump: (ms) => jumps.push(ms),
  })
  return { signal, published, jumps, server, payloads: () => published.map(({ payload }) => payload) }
}

test('the time is published at the start, retained, as plain epoch milliseconds', () => {
  const { signal, published } = rig()
  expect(published).toEqual([])
  signal.start()
  expect(published).toEqual([{ topic: 'time/now', payload: '1795410142284', retain: true }])
  signal.stop()
})

test('the time is published every ten seconds, also when started twice', () => {
  const { signal, payloads } = rig()
  signal.start()
  signal.start()
  jest.advanceTimersByTime(30_500)
  expect(payloads()).toEqual([0, 10_000, 20_000, 30_000].map((ms) => String(T0 + ms)))
  signal.stop()
})

test('a stop takes the retained time away, once, and nothing follows', () => {
  const { signal, published } = rig()
  signal.stop()
  signal.start()
  signal.stop()
  signal.stop()
  jest.advanceTimersByTime(60_000)
  expect(published.slice(1)).toEqual([{ topic: 'time/now', payload: '', retain: true }])
})

test.each([3_600_000, -3_600_000, 250])('a jump of the clock by %d ms is told within a second', (ms) => {
  const { signal, payloads, jumps, server } = rig()
  signal.start()
  jest.advanceTimersByTime(3_000)
  server.aheadMs = ms
  jest.advanceTimersByTime(1_000)
  expect(payloads().slice(1)).toEqual([String(T0 + 4_000 + ms)])
  expect(jumps).toEqual([ms])
  jest.advanceTimersByTime(5_000)
  expect(jumps).toEqual([ms])
  signal.stop()
})

test('a clock that is put right slowly does not jump', () => {
  const { signal, payloads, jumps, server } = rig()
  signal.start()
  for (let n = 0; n < 9; n += 1) {
    server.aheadMs += 100
    jest.advanceTimersByTime(1_000)
  }
  expect(payloads()).toHaveLength(1)
  expect(jumps).toEqual([])
  signal.stop()
})
