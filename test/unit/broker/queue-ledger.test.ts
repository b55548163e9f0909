import { expect, test } from '@jest/globals'
import { createQueueLedger, queuedBytes } from '../../../broker/queue-ledger.ts'

const ledgerOf = (maxOfflineMessages: number, maxOfflineBytes: number) =>
  createQueueLedger({ maxOfflineMessages, maxOfflineBytes })

test('a session may hold so many messages, and one that is gone makes room', () => {
  const ledger = ledgerOf(2, 1_000)
  expect([ledger.add('a', 10), ledger.add('a', 10)]).toEqual([undefined, undefined])
  expect(ledger.add('a', 10)).toBe('maxOfflineMessages')
  expect(ledger.add('b', 10)).toBeUndefined()
  ledger.remove('a', 10)
  expect(ledger.add('a', 10)).toBeUndefined()
  expect(ledger.bytes).toBe(30)
})

test('one alone may hold half of the bytes, to the byte', () => {
  const ledger = ledgerOf(100, 1_000)
  expect([ledger.add('a', 499), ledger.add('a', 2), ledger.add('a', 1)]).toEqual([
    undefined,
    'maxOfflineBytes',
    undefined,
  ])
  expect(ledger.add('a', 1)).toBe('maxOfflineBytes')
  expect(ledger.bytes).toBe(500)
})

test('who has little finds room, however many others hold all they may; never more than all is held', () => {
  const ledger = ledgerOf(1_000, 1_000)
  for (const hog of ['a', 'b', 'c', 'd'])
    while (ledger.add(hog, 10) === undefined) expect(ledger.bytes).toBeLessThanOrEqual(1_000)
  expect(ledger.add('small', 10)).toBeUndefined()
  for (let n = 0; n < 500; n += 1) ledger.add(`s${n}`, 10)
  expect(ledger.bytes).toBeLessThanOrEqual(1_000)
  expect(ledger.add('late', 10)).toBe('maxOfflineBytes')
})

test('what was there at the start counts, though the bounds be smaller now', () => {
  const ledger = ledgerOf(5, 100)
  for (let n = 0; n < 3; n += 1) ledger.load('a', 100)
  expect([...ledger.clientIds]).toEqual(['a'])
  expect(ledger.add('b', 1)).toBe('maxOfflineBytes')
  ledger.drop('a')
  expect([[...ledger.clientIds], ledger.bytes]).toEqual([[], 0])
  expect(ledger.add('b', 50)).toBeUndefined()
})

test('a session whose last message is gone holds nothing, and nothing falls below that', () => {
  const ledger = ledgerOf(5, 1_000)
  ledger.add('a', 100)
  ledger.add('a', 100)
  ledger.shrink('a', 60)
  expect(ledger.bytes).toBe(140)
  ledger.shrink('a', 1_000)
  ledger.remove('a', 100)
  ledger.remove('a', 100)
  ledger.remove('a', 100)
  ledger.shrink('none', 5)
  expect([[...ledger.clientIds], ledger.bytes]).toEqual([[], 0])
})

test('a message counts its topic and payload in bytes, and something for being there', () => {
  const empty = queuedBytes({})
  expect(empty).toBeGreaterThan(0)
  expect(queuedBytes({ topic: 'ä', payload: Buffer.alloc(5) })).toBe(empty + 7)
  expect(queuedBytes({ topic: 'a', payload: 'ä' })).toBe(empty + 3)
})
