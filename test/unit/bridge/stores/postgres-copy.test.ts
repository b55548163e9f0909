import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { piecesOf } from '../../../../bridge/stores/postgres-copy.ts'
import { timesOf } from '../../../../bridge/stores/postgres-times.ts'
import { batchOf, readingOf } from '../../../contracts/sink-rows.ts'

test('pieces hold the same bytes in the same order, and none is empty or over the size', () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 })
  fc.assert(
    fc.property(chunks, fc.integer({ min: 1, max: 25 }), (given, size) => {
      const pieces = [...piecesOf(given, size)]
      expect(Buffer.concat(pieces)).toEqual(Buffer.concat(given))
      for (const piece of pieces) {
        expect(piece.length).toBeGreaterThan(0)
        expect(piece.length).toBeLessThanOrEqual(size)
      }
    }),
  )
})

test('small chunks are joined up to the size', () => {
  const small = Array.from({ length: 100 }, () => new Uint8Array(10))
  expect([...piecesOf(small, 250)].map((piece) => piece.length)).toEqual([250, 250, 250, 250])
})

test('a view into a larger buffer is cut at its own bounds', () => {
  const whole = Buffer.from('0123456789')
  expect([...piecesOf([whole.subarray(2, 8)], 4)].map(String)).toEqual(['2345', '67'])
})

test('the times of a batch are one of each month that occurs in its rows', () => {
  const times = ['2026-11-23', '2026-11-24', '2024-02-29', '1969-07-20', '2026-11-01'].map((day) =>
    Date.parse(day),
  )
  const readings = times.map((ts) =>
    readingOf('a\tb', { ts, receivedAt: Date.parse('2030-01-01'), boot: 'x\ny' }),
  )
  const rows = batchOf('s', 0, 5, { readings }).readings
  const expected = ['2026-11-23', '2024-02-29', '1969-07-20'].map((day) => Date.parse(day))
  expect(timesOf(rows)).toEqual(expected)
  expect(timesOf([Buffer.concat(rows)])).toEqual(expected)
})

test('rows that are none have no times', () => {
  expect(timesOf([Buffer.from('no tabs\na\tb\tc\td\na\tb\tc\tno time\tx\n\n'), new Uint8Array(0)])).toEqual(
    [],
  )
})
