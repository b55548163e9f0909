import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { wellFormed } from '../../../../bridge/core/well-formed.ts'

test.each([
  ['', ''],
  ['plain', 'plain'],
  ['ä😀', 'ä😀'],
  ['\0', '\uFFFD'],
  ['a\0b\0', 'a\uFFFDb\uFFFD'],
  ['\ud83d', '\uFFFD'],
  ['\ude00\ud83d', '\uFFFD\uFFFD'],
  ['\ud83d\ud83d\ude00', '\uFFFD😀'],
  ['😀\0😀', '😀\uFFFD😀'],
])('%j is stored as %j', (text, expected) => {
  expect(wellFormed(text)).toBe(expected)
})

test('any text becomes what UTF-8 can carry there and back', () => {
  const unit = fc.oneof(
    fc.constantFrom('\0', '\ud83d', '\ude00'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 12 }), (parts) => {
      const text = parts.join('')
      const expected = new TextDecoder().decode(new TextEncoder().encode(text)).replaceAll('\0', '\uFFFD')
      expect(wellFormed(text)).toBe(expected)
    }),
  )
})
