import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseDeviceId } from '../../../../bridge/core/device-id.ts'

const spelledOut = (text: string): boolean =>
  text.length >= 1 && text.length <= 100 && !/[\p{Cc}/+#]|^\$|\p{Cs}/u.test(text)

describe('device ids', () => {
  test.each(['a', 'esp32-1', 'ESP 32', 'küche', '温度', '😀', 'a$b', '\\', '..', ' ', 'a'.repeat(100)])(
    '%j is an id, unchanged',
    (text) => {
      expect(parseDeviceId(text)).toBe(text)
    },
  )

  test.each([
    ['', 'empty'],
    ['a'.repeat(101), 'too long'],
    ['😀'.repeat(51), 'too long in UTF-16 units'],
    ['a/b', 'a level of a topic'],
    ['a+', 'a wildcard'],
    ['#', 'a wildcard'],
    ['$SYS', 'a topic of the broker'],
    ['a\0', 'U+0000'],
    ['a\n', 'a control character'],
    ['\x7f', 'DEL'],
    ['a\x9f', 'a C1 control character'],
    ['\ud83d', 'half a pair'],
    ['a\ude00', 'half a pair'],
    ['\ude00\ud83d', 'a pair the wrong way round'],
    ['\ud83d\ud83d\ude00', 'half a pair before a pair'],
  ])('%j is none: %s', (text) => {
    expect(parseDeviceId(text)).toBeUndefined()
  })

  test.each([undefined, null, 5, true, {}, ['a']])('%p is none: not text', (value) => {
    expect(parseDeviceId(value)).toBeUndefined()
  })

  test('any text is an id exactly when it keeps the rule', () => {
    const unit = fc.oneof(
      fc.constantFrom('/', '+', '#', '$', '\0', '\x7f', '\x85', '\ud83d', '\ude00'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), (parts) => {
        const text = parts.join('')
        expect(parseDeviceId(text)).toBe(spelledOut(text) ? text : undefined)
      }),
      { numRuns: 500 },
    )
  })
})
