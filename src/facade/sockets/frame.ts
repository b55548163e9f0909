/**
 * WebSocket frames as a server sends them (RFC 6455 section 5, RFC 7692): one event is framed, and compressed,
 * once for all sockets, where a WebSocket library would do it once for each. Only whole, unfragmented text
 * messages; reading, closing and ponging stay with the library.
 */
import { constants, deflateRawSync } from 'node:zlib'

const FIN = 0x80
const COMPRESSED = 0x40
const TEXT = 0x1
const PING = 0x9
const MAX_LENGTH_IN_7_BITS = 125
const MAX_LENGTH_IN_16_BITS = 0xffff
/** The end of a sync flush, which both sides leave out (RFC 7692, 7.2.1). */
const FLUSH_TAIL_BYTES = 4

/** A ping without payload. */
export const pingFrame = (): Buffer => Buffer.from([FIN | PING, 0])

const headerOf = (firstByte: number, length: number): Buffer => {
  if (length <= MAX_LENGTH_IN_7_BITS) return Buffer.from([firstByte, length])
  if (length <= MAX_LENGTH_IN_16_BITS) return Buffer.from([firstByte, 126, length >> 8, length & 0xff])
  const header = Buffer.alloc(10)
  header[0] = firstByte
  header[1] = 127
  header.writeUIntBE(length, 4, 6)
  return header
}

/** Independent of every message before it: a client with or without context takeover can read it. */
const deflate = (payload: Buffer): Buffer =>
  deflateRawSync(payload, {
    level: constants.Z_BEST_SPEED,
    memLevel: 5,
    finishFlush: constants.Z_SYNC_FLUSH,
  }).subarray(0, -FLUSH_TAIL_BYTES)

/** The frames of several text messages, one after the other. */
export const plainFrames = (payloads: readonly Buffer[]): Buffer =>
  Buffer.concat(payloads.flatMap((payload) => [headerOf(FIN | TEXT, payload.length), payload]))

/** As `plainFrames`, with messages of `thresholdBytes` and more compressed where that makes them shorter. */
export const deflatedFrames = (payloads: readonly Buffer[], thresholdBytes: number): Buffer =>
  Buffer.concat(
    payloads.flatMap((payload) => {
      const short = payload.length < thresholdBytes ? payload : deflate(payload)
      if (short.length >= payload.length) return [headerOf(FIN | TEXT, payload.length), payload]
      return [headerOf(FIN | COMPRESSED | TEXT, short.length), short]
    }),
  )
