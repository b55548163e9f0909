import { describe, expect, test } from '@jest/globals'
import { matchesEtag } from '../../../../../src/facade/http/conditional-get.ts'

describe('If-None-Match', () => {
  test.each(['W/"a"', '"a"', '*', '"b", W/"a"', 'W/"b",  "a" '])('%s matches the weak tag of a', (asked) => {
    expect(matchesEtag(asked, 'W/"a"')).toBe(true)
  })

  test.each(['', 'a', '"b"', 'W/"aa"', 'W/', '"b", "c"'])('%s does not', (asked) => {
    expect(matchesEtag(asked, 'W/"a"')).toBe(false)
  })
})
