import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRowEncoder } from '../../../../bridge/core/copy-row.ts'
import { countByDevice } from '../../../../bridge/pipeline/rows-by-device.ts'
import { deadLetterOf, readingOf } from '../../../contracts/sink-rows.ts'
import { deviceId } from './spooled.ts'

const encoder = createRowEncoder()
const names = fc.constantFrom('a', 'küche 1', 'b\\c', '☃')

test('rows are counted by the device they name, however it is escaped and the chunks are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.array(names, { minLength: 1 })), (chunks) => {
      const bytes = chunks.map((chunk) =>
        Buffer.from(
          chunk.map((name) => encoder.reading(readingOf(name, { custom: { t: 'a\tb' } }))).join(''),
        ),
      )
      const expected = new Map<string, number>()
      for (const name of chunks.flat()) expected.set(name, (expected.get(name) ?? 0) + 1)
      expect(countByDevice(bytes, 'reading')).toEqual(expected)
    }),
  )
})

test('dead letters are counted by device too, and those of nobody are not', () => {
  const letter = (name: string | null) =>
    encoder.deadLetter({ ...deadLetterOf('x\ty'), deviceId: name === null ? null : deviceId(name) })
  const chunk = Buffer.from([letter('b\\c'), letter(null), letter('b\\c')].join(''))
  expect(countByDevice([chunk], 'dead-letter')).toEqual(new Map([['b\\c', 2]]))
})
