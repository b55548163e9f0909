import { expect, test } from '@jest/globals'
import { csvField, type ExportQuery, partsOf } from '../../../../bridge/core/export.ts'
import { deviceId } from '../../../support/readings.ts'

const [a, b] = [deviceId('a'), deviceId('b')]
const query = (after?: ExportQuery['after']): ExportQuery => ({
  ...{ format: 'csv', deviceIds: [b, a], metrics: undefined, from: 10, to: 20, limit: undefined },
  after,
})

test('an export is of each device in turn, and goes on within the one it stopped at', () => {
  const whole = [b, a].map((id) => ({ deviceId: id, from: 10, to: 20, skip: 0 }))
  expect(partsOf(query())).toEqual(whole)
  expect(partsOf(query({ deviceId: b, ts: 15, rows: 2 }))).toEqual([
    { deviceId: b, from: 15, to: 20, skip: 2 },
    whole[1],
  ])
  expect(partsOf(query({ deviceId: a, ts: 15, rows: 1 }))).toEqual([
    { deviceId: a, from: 15, to: 20, skip: 1 },
  ])
  expect(partsOf(query({ deviceId: b, ts: 5, rows: 2 }))).toEqual(whole)
})

test.each([
  ['plain', 'plain'],
  ['', '""'],
  ['a,b', '"a,b"'],
  ['a"b', '"a""b"'],
  ['a\nb', '"a\nb"'],
  ['=1', `"'=1"`],
  ['-x', `"'-x"`],
  ['a-x', 'a-x'],
])('%j is the field %j', (text, field) => {
  expect(csvField(text)).toBe(field)
})
