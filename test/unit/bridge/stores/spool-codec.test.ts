import { crc32 } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { entryEnd } from '../../../../bridge/core/entry-end.ts'
import {
  decodeEntry,
  encodeEntry,
  entryKey,
  keyOffset,
  type StoredEntry,
  storedBytes,
} from '../../../../bridge/stores/spool-codec.ts'

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const offset = fc.maxSafeNat()
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))

const stored: fc.Arbitrary<StoredEntry> = fc.record({
  entry: fc.record({
    offset,
    previousEnd: offset,
    row: offset,
    readingRows: u32,
    deadRows: u32,
    readings: bytes,
    deadLetters: bytes,
  }),
  position: offset,
  spoolId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => Buffer.from(array)),
})

describe('a spool entry', () => {
  test('comes back from its value as it was', () => {
    fc.assert(
      fc.property(stored, (given) => {
        const value = encodeEntry(given)
        expect(value.byteLength).toBe(storedBytes(given.entry))
        expect(decodeEntry(value)).toEqual(given)
      }),
    )
  })

  test('with any one bit changed is no entry', () => {
    fc.assert(
      fc.property(stored, fc.nat(), (given, at) => {
        const value = encodeEntry(given)
        const bit = at % (value.length * 8)
        value.writeUInt8(value.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        expect(decodeEntry(value)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })

  test('cut short or grown is no entry', () => {
    fc.assert(
      fc.property(stored, fc.nat(), (given, at) => {
        const value = encodeEntry(given)
        expect(decodeEntry(value.subarray(0, at % value.length))).toBeUndefined()
        expect(decodeEntry(Buffer.concat([value, Buffer.from([0])]))).toBeUndefined()
      }),
    )
  })

  test('of another version is no entry, even when its checksum is right', () => {
    const value = encodeEntry({
      entry: {
        offset: 1,
        previousEnd: 0,
        row: 0,
        readingRows: 0,
        deadRows: 0,
        readings: Buffer.alloc(0),
        deadLetters: Buffer.alloc(0),
      },
      position: 0,
      spoolId: Buffer.alloc(16),
    })
    expect(decodeEntry(value)?.entry.offset).toBe(1)
    value.writeUInt8(3, 4)
    value.writeUInt32BE(crc32(value.subarray(4)), 0)
    expect(decodeEntry(value)).toBeUndefined()
    expect(decodeEntry(Buffer.alloc(64))).toBeUndefined()
    expect(decodeEntry(Buffer.alloc(0))).toBeUndefined()
  })

  test('ends after its readings and dead letters', () => {
    const none = Buffer.alloc(0)
    expect(
      entryEnd({ offset: 5, previousEnd: 5, readingRows: 2, deadRows: 3, readings: none, deadLetters: none }),
    ).toBe(10)
  })
})

describe('the key of an entry', () => {
  test('gives back its offset', () => {
    fc.assert(fc.property(offset, (given) => keyOffset(entryKey(given)) === given))
  })

  test('sorts by its bytes as the offsets do', () => {
    fc.assert(
      fc.property(offset, offset, (a, b) => {
        expect(Buffer.compare(entryKey(a), entryKey(b))).toBe(Math.sign(a - b))
      }),
    )
  })
})
