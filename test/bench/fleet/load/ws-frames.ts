/** As much of RFC 6455 as a client needs that only listens: unmasked frames from a server, pings answered. */

const TEXT = 1
const CLOSE = 8
const PING = 9
const LENGTH_16 = 126
const LENGTH_64 = 127

export interface FrameHandlers {
  /** A text message: `bytes` from `start` to `end`, valid until it returns. */
  onText(bytes: Buffer, start: number, end: number): void
  onPing(): void
  onClose(code: number): void
}

/** A pong without payload, masked with zeros. */
export const PONG: Uint8Array = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])

/** The frame at `at`: its opcode and payload; undefined while it is not whole. */
const frameAt = (bytes: Buffer, at: number) => {
  if (bytes.length < at + 2) return undefined
  const opcode = (bytes[at] ?? 0) & 0x0f
  const short = (bytes[at + 1] ?? 0) & 0x7f
  const start = at + 2 + (short === LENGTH_16 ? 2 : short === LENGTH_64 ? 8 : 0)
  if (bytes.length < start) return undefined
  let length = short
  if (short === LENGTH_16) length = bytes.readUInt16BE(at + 2)
  else if (short === LENGTH_64) length = Number(bytes.readBigUInt64BE(at + 2))
  return bytes.length < start + length ? undefined : { opcode, start, end: start + length }
}

/** Takes what was read, in any pieces. */
export const createFrameReader = (handlers: FrameHandlers): ((bytes: Buffer) => void) => {
  let rest: Buffer | undefined
  return (bytes) => {
    const all = rest === undefined ? bytes : Buffer.concat([rest, bytes])
    let at = 0
    for (let frame = frameAt(all, at); frame !== undefined; frame = frameAt(all, at)) {
      const { opcode, start, end } = frame
      if (opcode === TEXT) handlers.onText(all, start, end)
      else if (opcode === PING) handlers.onPing()
      else if (opcode === CLOSE) handlers.onClose(end - start >= 2 ? all.readUInt16BE(start) : 1005)
      at = end
    }
    rest = at === all.length ? undefined : Buffer.from(all.subarray(at))
  }
}
