/** Small things that unpack to large ones: bodies over HTTP, messages over WebSocket. */
import { once } from 'node:events'
import { constants, createDeflateRaw, type DeflateRaw, deflateSync, gzipSync } from 'node:zlib'
import { exchange } from '../../support/http-exchange.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { encodeFrame, isPacked, isUpgraded, OPCODE, openWebSocket } from '../frame.ts'
import { stillOpen } from '../stranger.ts'

const MIB = 2 ** 20
const UNPACKED_BYTES = 80 * MIB
const CLOSED_WITHIN_MS = 20_000
const PACKED_MESSAGE = 4
const ROUTES = ['ingest/sensor-data', 'devices/register', 'buzzer/request'] as const

/** As a WebSocket packs it: flushed, without the four bytes that each flush ends with (RFC 7692, 7.2.1). */
const packMessage = async (bytes: Buffer): Promise<Buffer> => {
  const packer: DeflateRaw = createDeflateRaw()
  const pieces: Buffer[] = []
  packer.on('data', (piece: Buffer) => pieces.push(piece))
  packer.write(bytes)
  await new Promise<void>((resolve) => packer.flush(constants.Z_SYNC_FLUSH, () => resolve()))
  packer.end()
  await once(packer, 'end')
  const all = Buffer.concat(pieces)
  return all.subarray(0, all.lastIndexOf(Buffer.from([0, 0, 0xff, 0xff])))
}

const post = async (
  { target }: AttackContext,
  path: string,
  coding: string,
  body: Buffer,
): Promise<number> => {
  const headers = { 'Content-Type': 'application/json', 'Content-Encoding': coding }
  const url = `http://127.0.0.1:${target.httpPort}/api/v1/${path}`
  const answer = await exchange(url, { method: 'POST', headers, body }).catch(() => undefined)
  return answer?.status ?? 0
}

const isRefusal = (status: number): boolean => [400, 413, 429, 503].includes(status)

/** How the socket took a packed message that is too large; `open`: not at all. */
const webSocketBomb = async ({ target }: AttackContext, path: string, packed: Buffer) => {
  const stranger = await openWebSocket(target.httpPort, path, 0)
  const wasUpgraded = isUpgraded(stranger)
  const agreed = isPacked(stranger)
  stranger.write(encodeFrame({ opcode: OPCODE.text, payload: packed, reserved: PACKED_MESSAGE }))
  const open = await stillOpen([stranger], CLOSED_WITHIN_MS)
  stranger.cut()
  return { wasUpgraded, agreed, isOpen: open > 0 }
}

export const bomb: Attack = async (context) => {
  const plain = Buffer.alloc(UNPACKED_BYTES, ' ')
  const gzip = gzipSync(plain)
  const twice = gzipSync(gzip)
  const bodies = [
    ['gzip', gzip],
    ['deflate', deflateSync(plain)],
    ['gzip', twice],
  ] as const
  const statuses = await Promise.all(
    Array.from({ length: context.scale.bombs }, (_, n) => {
      const [coding, body] = bodies[n % bodies.length] ?? bodies[0]
      return post(context, ROUTES[n % ROUTES.length] ?? ROUTES[0], coding, body)
    }),
  )
  const problems = statuses
    .filter((status) => !isRefusal(status))
    .map((status) => `bomb: a body was answered ${status}`)
  const packed = await packMessage(plain)
  for (const path of ['/mqtt', '/']) {
    const { wasUpgraded, agreed, isOpen } = await webSocketBomb(context, path, packed)
    if (!wasUpgraded) problems.push(`bomb: no WebSocket at ${path}`)
    if (isOpen) problems.push(`bomb: the WebSocket at ${path} was not closed`)
    if (path === '/mqtt' && agreed) problems.push('bomb: MQTT over WebSocket agreed to packed messages')
  }
  return {
    counts: { bodies: statuses.length, 'KiB each': Math.round(gzip.length / 1024), sockets: 2 },
    problems,
  }
}
