import { constants, inflateRawSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { deflatedFrames, pingFrame, plainFrames } from '../../../../../src/facade/sockets/frame.ts'

/** Where the payload of the frame at `at` begins and ends, by RFC 6455, 5.2; unmasked. */
const payloadAt = (frames: Buffer, at: number): readonly [start: number, end: number] => {
  const length = frames.readUInt8(at + 1)
  if (length === 126) return [at + 4, at + 4 + frames.readUInt16BE(at + 2)]
  if (length === 127) return [at + 10, at + 10 + Number(frames.readBigUInt64BE(at + 2))]
  return [at + 2, at + 2 + length]
}

const read = (frames: Buffer): { readonly firstByte: number; readonly payload: Buffer }[] => {
  const found: { firstByte: number; payload: Buffer }[] = []
  for (let at = 0; at < frames.length; ) {
    const [start, end] = payloadAt(frames, at)
    found.push({ firstByte: frames.readUInt8(at), payload: frames.subarray(start, end) })
    at = end
  }
  return found
}

const inflate = (payload: Buffer): string =>
  inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), {
    finishFlush: constants.Z_SYNC_FLUSH,
  }).toString()

const LENGTHS = [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536]

describe('frames', () => {
  test.each(LENGTHS)('of %d bytes are whole text messages', (length) => {
    const payload = Buffer.alloc(length, 'x')
    const frames = plainFrames([payload, Buffer.from('next')])
    expect(read(frames)).toEqual([
      { firstByte: 0x81, payload },
      { firstByte: 0x81, payload: Buffer.from('next') },
    ])
  })

  test('are compressed from the threshold on, each message on its own', () => {
    const [short, long] = [Buffer.alloc(99, 'x'), Buffer.alloc(100, 'x')]
    const [first, second, third] = read(deflatedFrames([long, short, long], 100))
    expect(second).toEqual({ firstByte: 0x81, payload: short })
    for (const frame of [first, third]) {
      expect(frame?.firstByte).toBe(0xc1)
      expect(inflate(frame?.payload ?? short)).toBe(long.toString())
    }
  })

  test('stay plain where compression would not make them shorter', () => {
    const noise = Buffer.from(Array.from({ length: 64 }, (_, n) => (n * 167 + 13) % 256))
    expect(deflatedFrames([noise], 1)).toEqual(plainFrames([noise]))
  })

  test('a ping has no payload', () => {
    expect(read(pingFrame())).toEqual([{ firstByte: 0x89, payload: Buffer.alloc(0) }])
  })
})
