import { expect, test } from '@jest/globals'
import { isPing } from '../../../../../src/facade/sockets/client-message.ts'

const PAD = 'x'.repeat(70_000)

test.each([
  ['{"type":"ping"}', true],
  ['{"id":5,"timestamp":1,"type":"ping"}', true],
  [`{"type":"ping","pad":"${PAD}"}`, true],
  [` { "type" : "ping" , "pad":"${PAD}"}`, true],
  ['{"type":"auth"}', false],
  [`{"type":"pinged","pad":"${PAD}"}`, false],
  [PAD, false],
  ['hello', false],
  ['null', false],
  ['5', false],
  ['', false],
])('%.40s is a ping: %s', (text, expected) => {
  expect(isPing(Buffer.from(text))).toBe(expected)
})

test('a message in fragments that nobody joined is none', () => {
  expect(isPing([Buffer.from('{"type":"ping"}')])).toBe(false)
})
