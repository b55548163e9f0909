import { describe, expect, test } from '@jest/globals'
import { createFrameReader } from '../../../../bench/fleet/load/ws-frames.ts'

const frame = (opcode: number, payload: Buffer): Buffer => {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = 0x80 | opcode
  if (length < 126) head[1] = length
  else if (length < 65_536) {
    head[1] = 126
    head.writeUInt16BE(length, 2)
  } else {
    head[1] = 127
    head.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([head, payload])
}

const text = (value: string): Buffer => frame(1, Buffer.from(value))

const readIn = (pieces: readonly Buffer[]) => {
  const seen: string[] = []
  const read = createFrameReader({
    onText: (bytes, start, end) => seen.push(bytes.toString('utf8', start, end)),
    onPing: () => seen.push('ping'),
    onClose: (code) => seen.push(`close ${code}`),
  })
  for (const piece of pieces) read(piece)
  return seen
}

describe('frames of a server', () => {
  test('of every length form are read', () => {
    const lengths = [0, 125, 126, 65_535, 65_536]
    const seen = readIn(lengths.map((length) => text('x'.repeat(length))))
    expect(seen.map(({ length }) => length)).toEqual(lengths)
  })

  test('are the same in whatever pieces they arrive', () => {
    const stream = Buffer.concat([
      text('a'.repeat(200)),
      frame(9, Buffer.alloc(0)),
      text('b'),
      frame(8, Buffer.from([0x03, 0xf0])),
    ])
    const whole = readIn([stream])
    expect(whole).toEqual(['a'.repeat(200), 'ping', 'b', 'close 1008'])
    for (let size = 1; size < 210; size++) {
      const count = Math.ceil(stream.length / size)
      const pieces = Array.from({ length: count }, (_, n) => stream.subarray(n * size, (n + 1) * size))
      expect(readIn(pieces)).toEqual(whole)
    }
  })

  test('a close without a code reads as 1005', () => {
    expect(readIn([frame(8, Buffer.alloc(0))])).toEqual(['close 1005'])
  })
})
