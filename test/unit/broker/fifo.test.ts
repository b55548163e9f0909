import { expect, test } from '@jest/globals'
import { createFifo } from '../../../broker/fifo.ts'

test('what went in first comes out first, also while more goes in', () => {
  const fifo = createFifo<number>()
  const out: unknown[] = []
  let next = 0
  for (let turn = 0; turn < 5_000; turn++) {
    fifo.push(next++)
    fifo.push(next++)
    out.push(fifo.shift())
  }
  expect(fifo.length).toBe(5_000)
  while (fifo.length > 0) out.push(fifo.shift())
  expect(out).toEqual(Array.from({ length: 10_000 }, (_, entry) => entry))
  expect(fifo.shift()).toBeUndefined()
})
