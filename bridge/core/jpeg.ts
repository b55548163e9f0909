/**
 * Is this a picture a browser can show? Walks the markers of a JPEG (ITU-T T.81, annex B) from the start of the
 * image to its end and decodes nothing. Total and linear: any bytes get an answer, each byte is looked at once.
 */

export type JpegCheck =
  | {
      readonly ok: true
      readonly width: number
      readonly height: number
      /** The end of the image was found: nothing was cut off. Whatever follows it is no concern of a viewer's. */
      readonly whole: boolean
    }
  /** One sentence: what is missing or wrong. */
  | { readonly ok: false; readonly detail: string }

const MARKER = 0xff
const STUFFED = 0x00
const TEM = 0x01
const DHT = 0xc4
const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const DQT = 0xdb

/** Restart markers stand inside the picture's data, TEM alone: neither has a length. */
const isBare = (code: number): boolean => code === TEM || (code >= 0xd0 && code <= 0xd7)

/** Baseline, extended and progressive with Huffman coding: what browsers show. */
const isFrame = (code: number): boolean => code >= 0xc0 && code <= 0xc2
/** Other frame headers: lossless, hierarchical, arithmetic. */
const isOtherFrame = (code: number): boolean =>
  code >= 0xc3 && code <= 0xcf && code !== DHT && code !== 0xc8 && code !== 0xcc

const refused = (detail: string): JpegCheck => ({ ok: false, detail })

interface Size {
  readonly width: number
  readonly height: number
}

/** Reads a frame header whose length field is at `at`; text when it is broken. */
const readFrame = (bytes: Uint8Array, at: number, length: number): Size | string => {
  const byte = (offset: number): number => bytes[at + offset] ?? 0
  const components = byte(7)
  if (length < 8 || components < 1 || components > 4 || length !== 8 + 3 * components) {
    return 'a broken frame header'
  }
  if (byte(2) !== 8) return 'not 8 bits a sample'
  const height = byte(3) * 256 + byte(4)
  const width = byte(5) * 256 + byte(6)
  return width === 0 || height === 0 ? 'no width or height' : { width, height }
}

/** Where the next marker after picture data begins; the length of `bytes` when there is none. */
const skipData = (bytes: Uint8Array, from: number): number => {
  let at = bytes.indexOf(MARKER, from)
  while (at !== -1 && at + 1 < bytes.length) {
    const code = bytes[at + 1] ?? 0
    if (code !== STUFFED && code !== MARKER && !isBare(code)) return at
    // Of two 0xFF the second may begin the marker.
    at = bytes.indexOf(MARKER, code === MARKER ? at + 1 : at + 2)
  }
  return bytes.length
}

/** Whether the end of the image comes after the data at `from`; other scans and tables may stand between. */
const reachesEnd = (bytes: Uint8Array, from: number): boolean => {
  let at = skipData(bytes, from)
  while (at + 1 < bytes.length) {
    const code = bytes[at + 1] ?? 0
    if (code === EOI) return true
    const length = (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0)
    if (code === SOI || length < 2) return false
    at = skipData(bytes, at + 2 + length)
  }
  return false
}

/**
 * Checks what must be there: start of image, quantisation tables, a frame header with a size, a scan that has
 * data. An end of image that is missing is told by `whole`: viewers show such a picture as far as it goes.
 */
export const checkJpeg = (bytes: Uint8Array): JpegCheck => {
  if (bytes[0] !== MARKER || bytes[1] !== SOI) return refused('does not begin as a JPEG')
  let size: Size | undefined
  let hasTables = false
  let at = 2
  for (;;) {
    if (bytes[at] !== MARKER) return refused(at < bytes.length ? 'no marker where one must be' : 'cut off')
    while (bytes[at] === MARKER) at += 1
    const code = bytes[at] ?? STUFFED
    at += 1
    if (isBare(code)) continue
    if (code === STUFFED || code === SOI || code === EOI) return refused('no picture in it')
    if (isOtherFrame(code)) return refused('a kind of JPEG that browsers do not show')
    const length = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)
    if (length < 2 || at + length > bytes.length) return refused('cut off')
    if (code === DQT) hasTables = true
    if (isFrame(code)) {
      const read = readFrame(bytes, at, length)
      if (typeof read === 'string') return refused(read)
      size = read
    }
    at += length
    if (code !== SOS) continue
    if (size === undefined || !hasTables) return refused('a scan without its frame header or tables')
    if (at >= bytes.length || skipData(bytes, at) === at) return refused('a scan without data')
    return { ok: true, ...size, whole: reachesEnd(bytes, at) }
  }
}
