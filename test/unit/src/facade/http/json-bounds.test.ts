import { expect, test } from '@jest/globals'
import { isOverJsonBounds } from '../../../../../src/facade/http/json-bounds.ts'

const over = (json: string): boolean => isOverJsonBounds(Buffer.from(json))
const nested = (depth: number, open: string, close: string): string =>
  `${open.repeat(depth)}1${close.repeat(depth)}`

test.each([
  ['a thousand arrays in each other', nested(1_000, '[', ']')],
  ['a thousand objects in each other', nested(1_000, '{"a":', '}')],
  ['many arrays one after another', `[${'[],'.repeat(400_000)}1]`],
  ['a text of brackets, commas and quotes', JSON.stringify('[{,"\\'.repeat(400_000))],
  ['a text that does not end', '"\\'],
  ['nothing', ''],
  ['more closing than opening', ']'.repeat(5_000)],
])('%s may be parsed', (_name, json) => {
  expect(over(json)).toBe(false)
})

test.each([
  ['1,001 arrays in each other', nested(1_001, '[', ']')],
  ['1,001 objects in each other', nested(1_001, '{"[":', '}')],
  ['more than a million values', `[${'1,'.repeat(1_000_001)}1]`],
  ['more than a million arrays', `[${'[]'.repeat(1_000_001)}]`],
])('%s may not', (_name, json) => {
  expect(over(json)).toBe(true)
})
