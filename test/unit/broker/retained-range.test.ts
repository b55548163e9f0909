import { expect, test } from '@jest/globals'
import { retainedRange } from '../../../broker/retained-range.ts'

const isIn = (filter: string, topic: string): boolean => {
  const { gte, lt } = retainedRange(filter)
  const key = Buffer.from(`retained:${topic}`)
  return Buffer.compare(key, Buffer.from(gte)) >= 0 && Buffer.compare(key, Buffer.from(lt)) < 0
}

test.each([
  ['a/b', 'a/b'],
  ['a/#', 'a'],
  ['a/#', 'a/'],
  ['a/#', 'a/\u{10ffff}/b'],
  ['a/+', 'a/'],
  ['a/+/c', 'a/ä/c'],
  ['ä/+', 'ä/x'],
  ['/+', '/a'],
  ['/#', '/'],
  ['#', '\u{10ffff}'],
  ['+/b', '\u0001/b'],
])('the range of %j holds %j', (filter, topic) => {
  expect(isIn(filter, topic)).toBe(true)
})

test.each([
  ['a/b', 'a/b/c'],
  ['a/b', 'a'],
  ['devices/a/#', 'devices/b/status'],
  ['devices/a/#', 'devices/ab/status'],
  ['devices/a/+', 'sensors/a/latest'],
  ['/+', 'a'],
])('the range of %j leaves %j out', (filter, topic) => {
  expect(isIn(filter, topic)).toBe(false)
})
