/** WebSocket frames by hand: also those that no library would send (RFC 6455, section 5.2). */
import { openStranger, type Stranger } from './stranger.ts'

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9 } as const

export interface Frame {
  readonly opcode: number
  readonly payload?: Uint8Array
  /** False: more fragments follow. */
  readonly fin?: boolean
  /** The three bits that an extension may use, 4 for a packed message. */
  readonly reserved?: number
  /** What the header says; absent: the truth. */
  readonly claims?: bigint
  readonly masked?: boolean
}

const MASKED = 0x80
const FIN = 0x80
const NOTHING = new Uint8Array()

const lengthBytes = (length: bigint, mask: number): Buffer => {
  if (length < 126n) return Buffer.from([mask | Number(length)])
  if (length < 65_536n) return Buffer.from([mask | 126, Number(length >> 8n), Number(length & 255n)])
  const bytes = Buffer.alloc(9)
  bytes[0] = mask | 127
  bytes.writeBigUInt64BE(length, 1)
  return bytes
}

/** A frame of a client; its mask is zero, which changes no byte. */
export const encodeFrame = (frame: Frame): Buffer => {
  const { opcode, payload = NOTHING, fin = true, reserved = 0, masked = true } = frame
  const length = lengthBytes(frame.claims ?? BigInt(payload.length), masked ? MASKED : 0)
  const first = Buffer.from([(fin ? FIN : 0) | (reserved << 4) | opcode])
  return Buffer.concat([first, length, Buffer.alloc(masked ? 4 : 0), payload])
}

const handshake = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: sluice\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n' +
  `${path === '/mqtt' ? 'Sec-WebSocket-Protocol: mqtt\r\n' : ''}\r\n`

const UPGRADED = 'HTTP/1.1 101'

export const isUpgraded = ({ head }: Stranger): boolean => head.toString('latin1').startsWith(UPGRADED)

/** Whether the other side agreed to packed messages. */
export const isPacked = ({ head }: Stranger): boolean => /permessage-deflate/i.test(head.toString('latin1'))

/** A WebSocket that offers to pack its messages; look at `isUpgraded` whether it is one. */
export const openWebSocket = async (port: number, path: string, n: number): Promise<Stranger> => {
  const stranger = await openStranger(port, n)
  stranger.write(handshake(path))
  while (stranger.isOpen && !stranger.head.includes('\r\n\r\n'))
    await stranger.answered(stranger.head.length + 1)
  return stranger
}
