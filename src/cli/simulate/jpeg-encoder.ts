/**
 * A baseline JPEG (ITU-T T.81) of a picture given in YCbCr: small code rather than small files. One quantiser for all
 * coefficients, and Huffman tables whose codes all have the same length, so that a code is the index of its symbol.
 */
export interface Picture {
  /** Multiples of 8. */
  readonly width: number
  readonly height: number
  /** Y, Cb, Cr at a place, each 0 to 255. */
  readonly at: (x: number, y: number) => readonly [number, number, number]
}

const QUANTISER = 12
const DC_BITS = 4
const AC_BITS = 8
const DC_SYMBOLS = Array.from({ length: 12 }, (_, index) => index)
/** Run of zeros in the upper half, size of the coefficient in the lower; end of block and 16 zeros besides. */
const AC_SYMBOLS = [
  0x00,
  0xf0,
  ...Array.from({ length: 160 }, (_, index) => (Math.floor(index / 10) << 4) | ((index % 10) + 1)),
]
const AC_CODES = new Map(AC_SYMBOLS.map((symbol, code) => [symbol, code]))
const END_OF_BLOCK = 0x00
const SIXTEEN_ZEROS = 0xf0

/** The order of the coefficients: by diagonals. */
const ZIGZAG = Array.from({ length: 64 }, (_, index) => index).sort((a, b) => {
  const [rowA, rowB] = [a >> 3, b >> 3]
  const [sumA, sumB] = [rowA + (a & 7), rowB + (b & 7)]
  if (sumA !== sumB) return sumA - sumB
  return sumA % 2 === 0 ? rowB - rowA : rowA - rowB
})

const COSINES = Float64Array.from({ length: 64 }, (_, index) => {
  const [u, x] = [index >> 3, index & 7]
  return Math.cos(((2 * x + 1) * u * Math.PI) / 16) * (u === 0 ? Math.SQRT1_2 : 1) * 0.5
})

/** The transform in one direction: rows become columns, so that twice is both. */
const transform = (from: Float64Array, to: Float64Array): void => {
  for (let u = 0; u < 8; u++)
    for (let row = 0; row < 8; row++) {
      let sum = 0
      for (let x = 0; x < 8; x++) sum += (COSINES[u * 8 + x] ?? 0) * (from[row * 8 + x] ?? 0)
      to[u * 8 + row] = sum
    }
}

const segment = (marker: number, body: readonly number[]): readonly number[] => [
  ...[0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 0xff],
  ...body,
]

const huffman = (id: number, bits: number, symbols: readonly number[]): readonly number[] => {
  const counts = Array.from({ length: 16 }, (_, index) => (index === bits - 1 ? symbols.length : 0))
  return segment(0xc4, [id, ...counts, ...symbols])
}

const headerOf = ({ width, height }: Picture): readonly number[] => [
  ...[0xff, 0xd8],
  ...segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
  ...segment(0xdb, [0, ...Array.from({ length: 64 }, () => QUANTISER)]),
  ...segment(0xc0, [
    ...[8, height >> 8, height & 0xff, width >> 8, width & 0xff, 3],
    ...[1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0],
  ]),
  ...huffman(0x00, DC_BITS, DC_SYMBOLS),
  ...huffman(0x10, AC_BITS, AC_SYMBOLS),
  ...segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
]

const createBits = (bytes: number[]) => {
  let pending = 0
  let count = 0
  return {
    put: (value: number, length: number): void => {
      for (let bit = length - 1; bit >= 0; bit--) {
        pending = (pending << 1) | ((value >> bit) & 1)
        if (++count < 8) continue
        bytes.push(pending)
        if (pending === 0xff) bytes.push(0)
        pending = 0
        count = 0
      }
    },
    /** What is left is filled with ones. */
    end(): void {
      while (count > 0) this.put(1, 1)
    },
  }
}

const sizeOf = (value: number): number => 32 - Math.clz32(Math.abs(value))

/** The picture as a file. */
export const encodeJpeg = (picture: Picture): Uint8Array => {
  const bytes = [...headerOf(picture)]
  const bits = createBits(bytes)
  const [block, half, whole] = [new Float64Array(64), new Float64Array(64), new Float64Array(64)]
  const before = [0, 0, 0]

  const amplitude = (value: number, size: number): void =>
    bits.put(value < 0 ? value + (1 << size) - 1 : value, size)

  const encode = (component: number): void => {
    transform(block, half)
    transform(half, whole)
    const levels = ZIGZAG.map((at) => Math.round((whole[at] ?? 0) / QUANTISER))
    const dc = levels[0] ?? 0
    const difference = dc - (before[component] ?? 0)
    before[component] = dc
    bits.put(sizeOf(difference), DC_BITS)
    amplitude(difference, sizeOf(difference))
    let zeros = 0
    for (const level of levels.slice(1)) {
      if (level === 0) {
        zeros += 1
        continue
      }
      for (; zeros > 15; zeros -= 16) bits.put(AC_CODES.get(SIXTEEN_ZEROS) ?? 0, AC_BITS)
      bits.put(AC_CODES.get((zeros << 4) | sizeOf(level)) ?? 0, AC_BITS)
      amplitude(level, sizeOf(level))
      zeros = 0
    }
    if (zeros > 0) bits.put(AC_CODES.get(END_OF_BLOCK) ?? 0, AC_BITS)
  }

  for (let top = 0; top < picture.height; top += 8)
    for (let left = 0; left < picture.width; left += 8)
      for (let component = 0; component < 3; component++) {
        for (let at = 0; at < 64; at++)
          block[at] = (picture.at(left + (at & 7), top + (at >> 3))[component] ?? 0) - 128
        encode(component)
      }
  bits.end()
  bytes.push(0xff, 0xd9)
  return Uint8Array.from(bytes)
}
