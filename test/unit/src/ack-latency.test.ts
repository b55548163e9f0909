import { expect, test } from '@jest/globals'
import type { Done, Intake, Message, ReadingService } from '../../../bridge/index.ts'
import { type AckEvents, createAckLatency } from '../../../src/ack-latency.ts'

const EVERY = 17

const createRig = () => {
  const time = { now: 0 }
  const latency = createAckLatency({ monotonic: () => time.now })
  const acked: AckEvents['acked'][0][] = []
  latency.events.on('acked', (ack) => acked.push(ack))
  const waiting: Done[] = []
  const intake = latency.intake((_message, _clientId, done) => void waiting.push(done))
  const publish = (qos: 0 | 1 | 2, done: Done = () => undefined): void =>
    intake({ topic: 'sensors/a/data', payload: Buffer.from('{}'), qos, retain: false }, 'a', done)
  return { time, acked, waiting, latency, publish }
}

test('one message in 17 is measured, from the intake to its ack', () => {
  const { time, acked, waiting, publish } = createRig()
  for (let n = 0; n < EVERY * 3; n += 1) publish(1)
  time.now = 4
  for (const done of waiting) done()
  expect(acked).toEqual(Array(3).fill({ via: 'mqtt', ms: 4 }))
})

test('messages that wait at the same time are measured each for itself', () => {
  const { time, acked, waiting, publish } = createRig()
  for (let n = 0; n < EVERY * 2; n += 1) {
    publish(2)
    time.now += 1
  }
  for (const done of waiting.toReversed()) done()
  expect(acked.map(({ ms }) => ms)).toEqual([1, 1 + EVERY])
})

test('QoS 0 is not acked, so it is neither measured nor counted', () => {
  const { acked, waiting, publish } = createRig()
  for (let n = 0; n < EVERY * 2; n += 1) publish(0)
  for (let n = 1; n < EVERY; n += 1) publish(1)
  for (const done of waiting) done()
  expect(acked).toEqual([])
})

test('what was refused is not measured; error and payload go on to the sender', () => {
  const { acked, waiting, publish } = createRig()
  const told: unknown[] = []
  for (let n = 0; n < EVERY * 2; n += 1) publish(1, (error, payload) => told.push(error ?? payload))
  const [error, payload] = [new Error('full'), Buffer.from('x')]
  waiting[EVERY - 1]?.(error)
  waiting[EVERY * 2 - 1]?.(undefined, payload)
  expect(told).toEqual([error, payload])
  expect(acked).toHaveLength(1)
})

test('a message that is not measured costs no closure: the intake gets the callback itself', () => {
  const given: Done[] = []
  const inner: Intake = (_message, _clientId, done) => void given.push(done)
  const intake = createAckLatency({ monotonic: () => 0 }).intake(inner)
  const message: Message = { topic: 't', payload: Buffer.alloc(0), qos: 1, retain: false }
  const done: Done = () => undefined
  for (let n = 0; n < EVERY; n += 1) intake(message, 'a', done)
  expect(given.filter((one) => one === done)).toHaveLength(EVERY - 1)
})

test('over REST one body in 17 is measured, unless it was refused or failed', async () => {
  const { time, acked, latency } = createRig()
  const answers = { ok: true }
  const inner = {
    ingest: async () => {
      time.now += 3
      if (!answers.ok) throw new Error('full')
      return { ok: true as const, id: 1, readings: [] }
    },
  } as unknown as ReadingService
  const { ingest } = latency.readings(inner)
  const send = () => ingest('a' as Parameters<typeof ingest>[0], {})
  for (let n = 0; n < EVERY; n += 1) await send()
  expect(acked).toEqual([{ via: 'rest', ms: 3 }])
  answers.ok = false
  for (let n = 0; n < EVERY; n += 1) await expect(send()).rejects.toThrow('full')
  expect(acked).toHaveLength(1)
})
