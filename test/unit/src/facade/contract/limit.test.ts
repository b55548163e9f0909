import { describe, expect, test } from '@jest/globals'
import { parseLimit } from '../../../../../src/facade/contract/limit.ts'

describe('the limit of a query', () => {
  // Rows that the older backend answered of 1,200 stored ones.
  test.each([
    [undefined, 100],
    ['', 100],
    ['1', 1],
    ['10', 10],
    ['10.9', 10],
    ['1e3', 1],
    ['500', 500],
    ['501', 500],
    ['1000', 500],
    ['5000', 500],
    [['10', '20'], 10],
  ])('%j is what it was to the older backend: %d', (given, limit) => {
    expect(parseLimit(given)).toBe(limit)
  })

  test.each(['0', 'abc', '0x10', '-5', 'NaN', '-Infinity', ' '])(
    '%j is no limit, so the default holds',
    (given) => {
      expect(parseLimit(given)).toBe(100)
    },
  )

  test('a number beyond what can be counted is the cap', () => {
    expect(parseLimit('9'.repeat(400))).toBe(500)
  })
})
