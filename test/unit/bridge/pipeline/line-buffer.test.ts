import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createLineBuffer } from '../../../../bridge/pipeline/line-buffer.ts'

test('lines come out side by side as UTF-8, and each append tells its bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { maxLength: 50 }), (lines) => {
      const buffer = createLineBuffer()
      const sizes = lines.map((line) => buffer.append(line))
      expect(sizes).toEqual(lines.map((line) => Buffer.byteLength(line)))
      expect(buffer.bytes().equals(Buffer.from(lines.join('')))).toBe(true)
    }),
  )
})

test('grows over what a first buffer holds', () => {
  const buffer = createLineBuffer()
  const lines = ['a'.repeat(10_000), '€'.repeat(20_000), '😀'.repeat(30_000)]
  for (const line of lines) buffer.append(line)
  expect(buffer.bytes().toString()).toBe(lines.join(''))
})

test('what is kept holds on to no more than twice its bytes', () => {
  const few = createLineBuffer()
  few.append('a few bytes')
  expect(few.bytes().buffer.byteLength).toBe(11)
  const many = createLineBuffer()
  for (let line = 0; line < 2_000; line += 1) many.append('0123456789')
  const kept = many.bytes()
  expect(kept.buffer.byteLength).toBeLessThanOrEqual(kept.byteLength * 2)
  expect(createLineBuffer().bytes()).toHaveLength(0)
})
