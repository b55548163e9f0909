/** WebSocket frames that no client may send, or that never end. */
import type { Attack, AttackContext } from '../attack.ts'
import { encodeFrame, type Frame, isUpgraded, OPCODE, openWebSocket } from '../frame.ts'
import { connectBytes } from '../mqtt-bytes.ts'
import { type Stranger, stillOpen } from '../stranger.ts'

const PATHS = ['/mqtt', '/'] as const
const CLOSED_WITHIN_MS = 20_000
const KIB_64 = new Uint8Array(65_536)
const MOST_FRAGMENTS = 600
const TINY_AT_ONCE = 5_000
const MIB = 2 ** 20

/** Each must be closed for it. */
const WRONG: readonly (readonly [name: string, frame: Frame])[] = [
  ['a length over all', { opcode: OPCODE.binary, claims: 2n ** 63n - 1n }],
  ['a negative length', { opcode: OPCODE.binary, claims: 2n ** 64n - 1n }],
  ['a length of 4 GiB', { opcode: OPCODE.text, claims: 2n ** 32n }],
  ['an unmasked frame', { opcode: OPCODE.binary, payload: new Uint8Array(8), masked: false }],
  ['a reserved opcode', { opcode: 5 }],
  ['reserved bits', { opcode: OPCODE.binary, reserved: 3 }],
  ['a ping of 200 bytes', { opcode: OPCODE.ping, payload: new Uint8Array(200) }],
  ['a ping in fragments', { opcode: OPCODE.ping, fin: false }],
  ['a continuation of nothing', { opcode: OPCODE.continuation }],
  ['text that is none', { opcode: OPCODE.text, payload: Uint8Array.of(0xff, 0xfe) }],
  ['a close of one byte', { opcode: OPCODE.close, payload: Uint8Array.of(3) }],
]

const fragment = (opcode: number, payload: Uint8Array): Buffer => encodeFrame({ opcode, payload, fin: false })

/** A message that never ends, until it is closed. */
const endless = async (stranger: Stranger, payload: Uint8Array, most: number): Promise<void> => {
  if (!(await stranger.writeAll(fragment(OPCODE.binary, payload)))) return
  const next = fragment(OPCODE.continuation, payload)
  const size = Math.max(1, Math.floor(65_536 / next.length))
  const many = Buffer.concat(Array.from({ length: size }, () => next))
  for (let sent = 0; sent < most && stranger.isOpen; sent += size)
    if (!(await stranger.writeAll(many))) return
}

/** The header of a PUBLISH of 20 MiB, and then its bytes, each in a frame of its own. */
const tinyFrames = async (stranger: Stranger, n: number, count: number): Promise<void> => {
  await stranger.writeAll(encodeFrame({ opcode: OPCODE.binary, payload: connectBytes(`tiny-${n}`) }))
  const length = [0x80, 0x80, 0x80, 0x0a]
  await stranger.writeAll(
    encodeFrame({ opcode: OPCODE.binary, payload: Uint8Array.of(0x30, ...length, 0, 1, 97) }),
  )
  const one = encodeFrame({ opcode: OPCODE.binary, payload: Uint8Array.of(120) })
  const many = Buffer.concat(Array.from({ length: TINY_AT_ONCE }, () => one))
  for (let sent = 0; sent < count && stranger.isOpen; sent += TINY_AT_ONCE) await stranger.writeAll(many)
}

const mustClose = async (name: string, stranger: Stranger): Promise<readonly string[]> => {
  if (!isUpgraded(stranger)) return [`frames: ${name}: no WebSocket`]
  const left = await stillOpen([stranger], CLOSED_WITHIN_MS)
  stranger.cut()
  return left > 0 ? [`frames: ${name}: not closed`] : []
}

const wrongFrames = async ({ target }: AttackContext): Promise<readonly string[]> => {
  const tried = PATHS.flatMap((path) =>
    WRONG.map(async ([name, frame], n) => {
      const stranger = await openWebSocket(target.httpPort, path, n)
      stranger.write(encodeFrame(frame))
      return mustClose(`${name} at ${path}`, stranger)
    }),
  )
  return (await Promise.all(tried)).flat()
}

const endlessMessages = async ({ target, scale }: AttackContext): Promise<readonly string[]> => {
  const tried = PATHS.flatMap((path) =>
    Array.from({ length: scale.frames }, async (_, n) => {
      const stranger = await openWebSocket(target.httpPort, path, n)
      const isEmpty = n % 2 === 1
      await endless(stranger, isEmpty ? new Uint8Array() : KIB_64, isEmpty ? 100_000 : MOST_FRAGMENTS)
      return mustClose(`${isEmpty ? 'empty fragments' : 'fragments'} without end at ${path}`, stranger)
    }),
  )
  return (await Promise.all(tried)).flat()
}

const PONG_WITHIN_MS = 30_000

const LAST_PING = Buffer.from('the last one')

/** A ping is answered when everything before it was read. */
const untilRead = async (stranger: Stranger): Promise<void> => {
  const late = new AbortController()
  const pong = new Promise<void>((resolve) => {
    const look = (bytes: Buffer): void => {
      if (bytes.includes(LAST_PING)) resolve()
    }
    stranger.socket.on('data', look)
    late.signal.addEventListener('abort', () => stranger.socket.off('data', look))
  })
  await stranger.writeAll(encodeFrame({ opcode: OPCODE.ping, payload: LAST_PING }))
  await Promise.race([pong, stillOpen([stranger], PONG_WITHIN_MS)])
  late.abort()
}

/** They may be kept, but not for more memory than what was sent. */
const manyTiny = async ({ target, scale, memory }: AttackContext): Promise<number> => {
  const before = await memory()
  const strangers = await Promise.all(
    Array.from({ length: scale.frames }, (_, n) => openWebSocket(target.httpPort, '/mqtt', n)),
  )
  await Promise.all(strangers.map((stranger, n) => tinyFrames(stranger, n, scale.tinyFrames)))
  await Promise.all(strangers.map(untilRead))
  const grown = (await memory()) - before
  for (const stranger of strangers) stranger.cut()
  return grown
}

/** Pings by the thousand from somebody who takes no pong. */
const pings = async ({ target, scale }: AttackContext): Promise<void> => {
  const one = encodeFrame({ opcode: OPCODE.ping, payload: new Uint8Array(125) })
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => one))
  await Promise.all(
    PATHS.map(async (path, n) => {
      const stranger = await openWebSocket(target.httpPort, path, n)
      stranger.socket.pause()
      const written = (async () => {
        for (let sent = 0; sent < scale.frames * 10 && stranger.isOpen; sent += 1)
          await stranger.writeAll(many)
      })()
      const late = stillOpen([stranger], 3_000)
      await Promise.race([written, late])
      stranger.cut()
      await written
    }),
  )
}

export const frames: Attack = async (context) => {
  const problems = [...(await wrongFrames(context)), ...(await endlessMessages(context))]
  await pings(context)
  const { scale } = context
  const grown = await manyTiny(context)
  const sent = (scale.frames * scale.tinyFrames * 7) / MIB
  const counts = {
    wrong: WRONG.length * PATHS.length,
    endless: scale.frames * PATHS.length,
    'tiny frames': scale.frames * scale.tinyFrames,
    'MiB sent in them': Math.round(sent),
    'MiB they took': Math.round(grown),
  }
  return { counts, problems }
}
