import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { plainFrames } from '../../../../../src/facade/sockets/frame.ts'
import { type Batch, createBatch, createOutbox } from '../../../../../src/facade/sockets/outbox.ts'

const GATHER_MS = 50

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

const frames = (...texts: string[]): Buffer => plainFrames(texts.map((text) => Buffer.from(text)))

const createRig = ({ maxBatchBytes = 1_000, gatherMs = GATHER_MS } = {}) => {
  const delivered: Buffer[] = []
  const outbox = createOutbox({ gatherMs: () => gatherMs, maxBatchBytes, deflateFromBytes: 1_024 }, (batch) =>
    delivered.push(batch.plain()),
  )
  return { outbox, delivered }
}

describe('an outbox', () => {
  test('sends the messages of a turn of the event loop together, at its end', () => {
    const { outbox, delivered } = createRig()
    outbox.add('a')
    outbox.add('b')
    expect(delivered).toEqual([])
    jest.advanceTimersByTime(0)
    expect(delivered).toEqual([frames('a', 'b')])
  })

  test('gathers what follows, and sends it when the pause is over', () => {
    const { outbox, delivered } = createRig()
    outbox.add('a')
    jest.advanceTimersByTime(1)
    outbox.add('b')
    jest.advanceTimersByTime(GATHER_MS / 2)
    outbox.add('c')
    expect(delivered).toHaveLength(1)
    jest.advanceTimersByTime(GATHER_MS / 2)
    expect(delivered.slice(1)).toEqual([frames('b', 'c')])
  })

  test('is idle after a pause without messages: no timer is left', () => {
    const { outbox, delivered } = createRig()
    outbox.add('a')
    jest.advanceTimersByTime(GATHER_MS + 1)
    expect(jest.getTimerCount()).toBe(0)
    outbox.add('b')
    jest.advanceTimersByTime(0)
    expect(delivered).toEqual([frames('a'), frames('b')])
  })

  test('does not gather more than a batch may hold', () => {
    const { outbox, delivered } = createRig({ maxBatchBytes: 3 })
    for (const text of ['a', 'b', 'c', 'd']) outbox.add(text)
    expect(delivered).toEqual([frames('a', 'b', 'c')])
    jest.advanceTimersByTime(GATHER_MS)
    expect(delivered).toEqual([frames('a', 'b', 'c'), frames('d')])
  })

  test('with nothing to gather for sends each message before the call returns', () => {
    const { outbox, delivered } = createRig({ gatherMs: 0 })
    outbox.add('a')
    outbox.add('b')
    expect(delivered).toEqual([frames('a'), frames('b')])
    expect(jest.getTimerCount()).toBe(0)
  })

  test('forgets what is cleared', () => {
    const { outbox, delivered } = createRig()
    outbox.add('a')
    outbox.clear()
    jest.advanceTimersByTime(GATHER_MS)
    expect(delivered).toEqual([])
  })
})

describe('a batch', () => {
  const batchOf = (text: string): Batch => createBatch([Buffer.from(text)], 100)

  test('is framed once for all who ask', () => {
    const batch = batchOf('x'.repeat(200))
    expect(batch.plain()).toBe(batch.plain())
    expect(batch.deflated()).toBe(batch.deflated())
    expect(batch.deflated().length).toBeLessThan(batch.plain().length)
  })

  test('of short messages is the same for those who take compression', () => {
    const batch = batchOf('short')
    expect(batch.deflated()).toBe(batch.plain())
  })
})
