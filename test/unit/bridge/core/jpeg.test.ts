import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { checkJpeg } from '../../../../bridge/core/jpeg.ts'

const fixture = (name: string): Buffer => readFileSync(new URL(`../../../fixtures/${name}`, import.meta.url))

const SMALL = fixture('frame-small.jpg')

/** Where a marker of `code` begins in the small picture. */
const markerAt = (code: number): number => SMALL.indexOf(Buffer.from([0xff, code]))

const patched = (at: number, ...bytes: number[]): Buffer => {
  const copy = Buffer.from(SMALL)
  copy.set(bytes, at)
  return copy
}

const segment = (code: number, ...content: number[]): Buffer =>
  Buffer.from([0xff, code, 0, content.length + 2, ...content])

const withSegment = (inserted: Buffer): Buffer =>
  Buffer.concat([SMALL.subarray(0, 2), inserted, SMALL.subarray(2)])

describe('a JPEG', () => {
  test.each([
    ['frame-vga.jpg', 640, 480],
    ['frame-small.jpg', 64, 48],
    ['frame-5000.jpg', 64, 48],
    ['frame-4999.jpg', 64, 48],
  ])('%s is one, and whole', (name, width, height) => {
    expect(checkJpeg(fixture(name))).toEqual({ ok: true, width, height, whole: true })
  })

  test('may hold comments, application data and fill bytes', () => {
    for (const extra of [
      segment(0xfe, 1, 2, 3),
      segment(0xe1, 0xff, 0xd9),
      Buffer.from([0xff, 0xff, 0xff]),
      Buffer.from([0xff, 0x01]),
    ]) {
      expect(checkJpeg(withSegment(extra))).toMatchObject({ ok: true, whole: true })
    }
  })

  test('may be a thumbnail inside another', () => {
    const thumbnail = Buffer.concat([segment(0xe1, 1), SMALL]).subarray(0, 600)
    const app = Buffer.concat([
      Buffer.from([0xff, 0xe1, (thumbnail.length + 2) >> 8, (thumbnail.length + 2) & 255]),
      thumbnail,
    ])
    expect(checkJpeg(withSegment(app))).toMatchObject({ ok: true, width: 64, height: 48, whole: true })
  })

  test('that was cut off in its picture data is one, but not whole', () => {
    const data = markerAt(0xda)
    for (const length of [SMALL.length - 2, SMALL.length - 1, data + 40]) {
      expect(checkJpeg(SMALL.subarray(0, length))).toMatchObject({ ok: true, whole: false })
    }
  })

  test('that was cut off before its picture data is none', () => {
    const headerLength = SMALL.readUInt16BE(markerAt(0xda) + 2)
    for (let length = 0; length <= markerAt(0xda) + 2 + headerLength; length += 1) {
      expect(checkJpeg(SMALL.subarray(0, length)).ok).toBe(false)
    }
  })

  test('is followed by whatever it may be', () => {
    expect(checkJpeg(Buffer.concat([SMALL, fixture('not-a-jpeg.bin')]))).toMatchObject({ whole: true })
  })

  const frame = markerAt(0xc0)
  test.each<[string, Buffer]>([
    ['random bytes', fixture('not-a-jpeg.bin')],
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('{"test":1}')],
    ['zeroes', Buffer.alloc(6_000)],
    ['0xFF without end', Buffer.alloc(6_000, 0xff)],
    ['a start and an end', Buffer.from([0xff, 0xd8, 0xff, 0xd9])],
    ['a start and noise', Buffer.concat([Buffer.from([0xff, 0xd8]), fixture('not-a-jpeg.bin')])],
    ['a PNG', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
    ['one without a width', patched(frame + 7, 0, 0)],
    ['one without a height', patched(frame + 5, 0, 0)],
    ['one of 12 bits', patched(frame + 4, 12)],
    ['one of five components', patched(frame + 9, 5)],
    ['a lossless one', patched(frame + 1, 0xc3)],
    ['an arithmetic one', patched(frame + 1, 0xc9)],
    ['one without a frame header', patched(frame + 1, 0xfe)],
    ['one without quantisation tables', Buffer.from(SMALL.toString('hex').replaceAll('ffdb', 'fffe'), 'hex')],
    ['a segment shorter than its length', patched(4, 0, 1)],
    [
      'a scan without data',
      Buffer.concat([SMALL.subarray(0, markerAt(0xda) + 14), Buffer.from([0xff, 0xd9])]),
    ],
  ])('is not %s', (_what, bytes) => {
    expect(checkJpeg(bytes)).toEqual({ ok: false, detail: expect.any(String) })
  })

  test('and any other bytes get an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof checkJpeg(bytes).ok).toBe('boolean')
      }),
    )
  })

  test('with any bytes changed gets an answer', () => {
    const change = fc.tuple(
      fc.nat(SMALL.length - 1),
      fc.constantFrom(0, 1, 0xff, 0xd8, 0xd9, 0xda, 0xc0, 0x7f),
    )
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 20 }),
        fc.nat(SMALL.length),
        (changes, length) => {
          const copy = Buffer.from(SMALL)
          for (const [at, byte] of changes) copy[at] = byte
          expect(typeof checkJpeg(copy.subarray(0, length)).ok).toBe('boolean')
        },
      ),
      { numRuns: 500 },
    )
  })

  test('with an unending run of markers is looked at once', () => {
    const start = SMALL.subarray(0, markerAt(0xda) + 15)
    // Quadratic work on 2 MB would not end within this test's time.
    for (const filling of [
      [0xff],
      [0xff, 0x00],
      [0xff, 0xd0],
      [0xff, 0xfe, 0x00, 0x02],
      [0xff, 0xda, 0x00, 0x02],
    ]) {
      const tail = Buffer.alloc(2_000_000, Buffer.from(filling))
      expect(checkJpeg(Buffer.concat([start, tail]))).toMatchObject({ ok: true, whole: false })
    }
  })
})
