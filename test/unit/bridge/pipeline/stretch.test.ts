import { expect, test } from '@jest/globals'
import { rowsOfStretch, stretchOf } from '../../../../bridge/pipeline/stretch.ts'
import { entryOf, numbered } from './spooled.ts'

const entry = (offset: number, row: number, rows = 2, previousEnd = offset) =>
  entryOf(
    offset,
    Array.from({ length: rows }, (_, index) => numbered(row + index)),
    { row, previousEnd },
  )

test('entries that follow each other are one stretch, over offsets that were never given out too', () => {
  const entries = [entry(10, 0), entry(12, 2), entry(500, 4, 2, 14)]
  expect(stretchOf(entries, 0)).toBe(entries)
})

test('a stretch goes on over rows that are missing, and counts them', () => {
  const [first, second] = [entry(10, 0), entry(20, 7, 2, 15)] as const
  expect(stretchOf([first, second], 0)).toHaveLength(2)
  expect(rowsOfStretch([first, second], 10, 0)).toEqual({ fromRow: 0, toRow: 9, lost: 5 })
})

test('it ends where rows are numbered anew, and where this run begins', () => {
  expect(stretchOf([entry(10, 800), entry(12, 3)], 0)).toHaveLength(1)
  expect(stretchOf([entry(10, 0), entry(12, 9)], 0)).toHaveLength(1)
  expect(stretchOf([entry(10, 0), entry(12, 2), entry(14, 4)], 14)).toHaveLength(2)
})

test('from the middle of an entry its first rows do not count', () => {
  expect(rowsOfStretch([entry(10, 100, 5)], 13, 103)).toEqual({ fromRow: 103, toRow: 105, lost: 0 })
})

test('rows between where the sink is and the first entry are lost when the offsets have a gap there', () => {
  expect(rowsOfStretch([entry(20, 7, 2, 18)], 12, 3)).toEqual({ fromRow: 3, toRow: 9, lost: 4 })
  expect(rowsOfStretch([entry(20, 7, 2, 12)], 12, 3)).toEqual({ fromRow: 7, toRow: 9, lost: 0 })
  expect(rowsOfStretch([entry(20, 7, 2, 18)], 12, undefined)).toEqual({ fromRow: 7, toRow: 9, lost: 0 })
  expect(rowsOfStretch([entry(20, 7, 2, 18)], 0, 3)).toEqual({ fromRow: 7, toRow: 9, lost: 0 })
})
