import { describe, expect, test } from '@jest/globals'
import { ackBytes } from '../../../mosquitto-compat/ack-bytes.ts'
import { type Awaiting, createAckLine } from '../../../mosquitto-compat/ack-line.ts'
import { settled } from '../../support/deferred.ts'

const entry = (messageId: number, given: Partial<Awaiting> = {}): Awaiting => ({
  messageId,
  qos: 1,
  settled: false,
  reasonCode: 0,
  ...given,
})

const createRig = () => {
  const writes: number[][] = []
  const line = createAckLine((due) => writes.push(due.map(({ messageId }) => messageId)))
  const add = (messageId: number): Awaiting => {
    const added = entry(messageId)
    line.add(added)
    return added
  }
  const finish = (...entries: readonly Awaiting[]): void => {
    for (const one of entries) {
      one.settled = true
      line.settle()
    }
  }
  return { line, writes, add, finish }
}

describe('acks', () => {
  test('leave in the order in which messages came, whatever was done first', async () => {
    const { writes, add, finish } = createRig()
    const [one, two, three] = [add(1), add(2), add(3)]
    finish(three, two)
    await settled()
    expect(writes).toEqual([])
    finish(one)
    await settled()
    expect(writes).toEqual([[1, 2, 3]])
  })

  test('that become due together are one write', async () => {
    const { writes, add, finish } = createRig()
    const entries = Array.from({ length: 10_000 }, (_, index) => add(index + 1))
    finish(...entries.slice(0, 9_000))
    await settled()
    finish(...entries.slice(9_000))
    await settled()
    expect(writes.map(({ length }) => length)).toEqual([9_000, 1_000])
    expect(writes.flat()).toEqual(entries.map(({ messageId }) => messageId))
  })

  test('of what is settled from the start wait for their turn as well', async () => {
    const { line, writes, add, finish } = createRig()
    const one = add(1)
    line.add(entry(2, { settled: true }))
    await settled()
    expect(writes).toEqual([])
    finish(one)
    await settled()
    expect(writes).toEqual([[1, 2]])
    line.add(entry(3, { settled: true }))
    await settled()
    expect(writes).toEqual([[1, 2], [3]])
  })

  test('are sent no more once the line is closed, which gives back what was not acked', async () => {
    const { line, writes, add, finish } = createRig()
    const [one, two] = [add(1), add(2)]
    finish(one)
    await settled()
    finish(two)
    expect(line.close()).toEqual([two])
    await settled()
    expect(writes).toEqual([[1]])
  })
})

describe('a message that waits', () => {
  test('is found by its identifier until its ack is due', async () => {
    const { line, add, finish } = createRig()
    const one = add(1)
    expect([line.find(1), line.find(2)]).toEqual([one, undefined])
    const two = add(2)
    expect(line.find(2)).toBe(two)
    finish(one)
    await settled()
    expect([line.find(1), line.find(2)]).toEqual([undefined, two])
    finish(two)
    await settled()
    const next = add(1)
    expect([line.find(1), line.find(2)]).toEqual([next, undefined])
  })

  test('is looked for no longer, however many wait', () => {
    const { line, add } = createRig()
    let reads = 0
    const count = 2_000
    for (let messageId = 1; messageId <= count; messageId += 1) {
      line.find(messageId)
      const added = entry(0)
      line.add(
        Object.defineProperty(added, 'messageId', {
          get: () => {
            reads += 1
            return messageId
          },
        }),
      )
    }
    expect(line.find(count)).toBeDefined()
    expect(add(count + 1)).toBe(line.find(count + 1))
    expect(reads).toBeLessThan(count * 10)
  })
})

describe('the bytes of acks', () => {
  const hex = (entries: readonly Awaiting[], protocol: 4 | 5) => ackBytes(entries, protocol).toString('hex')

  test('are four each, PUBACK or PUBREC', () => {
    expect(hex([entry(1), entry(0xabcd, { qos: 2 })], 4)).toBe('400200015002abcd')
    expect(hex([entry(1)], 5)).toBe('40020001')
  })

  test('tell an MQTT 5 broker what was given up, and one of 3.1.1 nothing: it has no word for it', () => {
    const givenUp = entry(2, { reasonCode: 0x83 })
    expect(hex([entry(1), givenUp, entry(3)], 5)).toBe('4002000140040002830040020003')
    expect(hex([entry(1), givenUp], 4)).toBe('4002000140020002')
  })
})
