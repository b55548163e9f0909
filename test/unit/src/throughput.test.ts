import { expect, test } from '@jest/globals'
import { createBridgeEmitter, type Intake } from '../../../bridge/index.ts'
import { createThroughput } from '../../../src/throughput.ts'

const createRig = () => {
  const events = createBridgeEmitter()
  const time = { at: 5_000_500 }
  const throughput = createThroughput({ events, monotonic: () => time.at })
  const taken: string[] = []
  const intake = throughput.intake((message, clientId, done) => {
    taken.push(`${clientId} ${message.topic}`)
    done()
  })
  const message: Parameters<Intake>[0] = { topic: 't', payload: Buffer.alloc(0), qos: 0, retain: false }
  /** A second in which so much comes. */
  const second = (messages: number, readings: number, stored = 0): void => {
    for (let n = 0; n < messages; n += 1) intake(message, 'c', () => undefined)
    if (readings > 0) events.emit('readings:taken', { count: readings })
    if (stored > 0)
      events.emit('drain:stored', {
        readings: stored,
        deadLetters: 1,
        bytes: 1,
        ms: 3,
        lagMs: 210,
        waiting: 0,
      })
    time.at += 1_000
  }
  return { throughput, time, second, taken }
}

test('nothing came: all rates are 0, also in the first second', () => {
  const { throughput, second } = createRig()
  const none = { messagesPerSecond: 0, readingsPerSecond: 0, storedPerSecond: 0 }
  expect(throughput.rates()).toEqual(none)
  second(0, 0)
  expect([throughput.rates(), throughput.lagMs()]).toEqual([none, 0])
})

test('the rates are those of whole seconds, from the first one on', () => {
  const { throughput, second } = createRig()
  second(3, 30, 19)
  second(5, 50, 39)
  expect(throughput.rates()).toEqual({ messagesPerSecond: 4, readingsPerSecond: 40, storedPerSecond: 30 })
})

test('what is more than ten seconds ago does not count, whether or not anybody asked', () => {
  const { throughput, time, second } = createRig()
  for (let n = 0; n < 25; n += 1) second(7, 100)
  for (let n = 0; n < 5; n += 1) second(7, 0)
  const { messagesPerSecond, readingsPerSecond } = throughput.rates()
  expect(readingsPerSecond).toBe(50)
  // Five seconds of them without an event: taken up now, over the time since the last one.
  expect(messagesPerSecond).toBeGreaterThan(6)
  expect(messagesPerSecond).toBeLessThanOrEqual(7)
  time.at += 60_000
  expect(throughput.rates()).toEqual({ messagesPerSecond: 0, readingsPerSecond: 0, storedPerSecond: 0 })
})

test('the lag is that of the batch stored last, and forgotten after ten seconds', () => {
  const { throughput, time, second } = createRig()
  second(1, 1, 1)
  expect(throughput.lagMs()).toBe(210)
  time.at += 9_001
  expect(throughput.lagMs()).toBe(0)
})

test('each message goes on as it came', () => {
  const { second, taken } = createRig()
  second(2, 0)
  expect(taken).toEqual(['c t', 'c t'])
})
