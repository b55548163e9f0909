import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { entryEnd } from '../../../../bridge/core/entry-end.ts'
import { chunksOf, rowsOf } from '../../../../bridge/pipeline/entry-rows.ts'
import { entryOf, lineOf, numbered } from './spooled.ts'

const text = (chunks: readonly Uint8Array[]): string =>
  chunks.map((chunk) => Buffer.from(chunk).toString()).join('')

describe('the rows of an entry', () => {
  const entry = entryOf(10, [numbered(1), numbered(2)], { deadRows: 2 })

  test('are its readings, then its dead letters, each with its offset and its newline', () => {
    const rows = rowsOf([entry], 0)
    expect(rows.map(({ offset, kind }) => [offset, kind])).toEqual([
      [10, 'reading'],
      [11, 'reading'],
      [12, 'dead-letter'],
      [13, 'dead-letter'],
    ])
    expect(text([rows[1]?.line ?? Buffer.alloc(0)])).toBe(lineOf(numbered(2)))
  })

  test('end at the offset after the last one', () => {
    expect(entryEnd(entry)).toBe(14)
  })

  test('before the offset asked for are left out', () => {
    expect(rowsOf([entry], 11).map(({ offset }) => offset)).toEqual([11, 12, 13])
    expect(rowsOf([entry], 13).map(({ offset }) => offset)).toEqual([13])
    expect(rowsOf([entry], 14)).toEqual([])
  })

  test('keep a gap between two entries', () => {
    const later = entryOf(100, [numbered(3)])
    expect(rowsOf([entry, later], 13).map(({ offset }) => offset)).toEqual([13, 100])
  })
})

describe('entries as chunks', () => {
  test('a whole entry travels as it lies in the spool, not copied', () => {
    const entry = entryOf(0, [numbered(1)], { deadRows: 1 })
    const chunks = chunksOf([entry], 0)
    expect(chunks.readings[0]).toBe(entry.readings)
    expect(chunks.deadLetters[0]).toBe(entry.deadLetters)
  })

  test('an empty part of an entry is no chunk', () => {
    expect(chunksOf([entryOf(0, [numbered(1)])], 0).deadLetters).toEqual([])
    expect(chunksOf([entryOf(0, [], { deadRows: 1 })], 0).readings).toEqual([])
  })

  test('from any offset hold the same rows as the rows one by one', () => {
    const sizes = fc.array(
      fc.record({ rows: fc.integer({ min: 0, max: 4 }), deadRows: fc.integer({ min: 0, max: 3 }) }),
      {
        maxLength: 5,
      },
    )
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 40 }), (parts, from) => {
        let offset = 3
        const entries = parts.map(({ rows, deadRows }, index) => {
          const readings = Array.from({ length: rows }, (_, row) => numbered(index * 10 + row))
          const entry = entryOf(offset, readings, { deadRows })
          offset = entryEnd(entry) + 2
          return entry
        })
        const kept = entries.filter((entry) => entryEnd(entry) > from)
        const chunks = chunksOf(kept, from)
        const rows = rowsOf(entries, from)
        for (const [kind, found] of [
          ['reading', chunks.readings],
          ['dead-letter', chunks.deadLetters],
        ] as const) {
          expect(text(found)).toBe(text(rows.filter((row) => row.kind === kind).map(({ line }) => line)))
        }
      }),
    )
  })
})
