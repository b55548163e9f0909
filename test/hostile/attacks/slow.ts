/** Whoever takes its time: requests and packets byte by byte, and subscribers that never read. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Attack, AttackContext, AttackResult } from '../attack.ts'
import { CONNACK_BYTES, connectBytes, publishBytes, subscribeBytes } from '../mqtt-bytes.ts'
import { cutAll, openMany, openStranger, type Stranger } from '../stranger.ts'

const EVERY_MS = 100
const UNREAD_TOPIC = 'noise/unread'
const UNREAD_PAYLOAD = Buffer.alloc(8_192, 'n')
const SUBSCRIBERS = 10
/** Publishes on their way at once: the publisher waits for its acks, as the broker reads it no faster. */
const WINDOW = 50

const HEADERS = `GET /health HTTP/1.1\r\nHost: sluice\r\nX-Slow: ${'s'.repeat(2_000)}\r\n\r\n`
const BODY_HEAD =
  'POST /api/v1/ingest/sensor-data HTTP/1.1\r\nHost: sluice\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n'

const drip = async (stranger: Stranger, bytes: Uint8Array, untilMs: number): Promise<void> => {
  for (const byte of bytes) {
    if (!stranger.isOpen || performance.now() > untilMs) return
    stranger.write(Uint8Array.of(byte))
    await delay(EVERY_MS)
  }
}

const KINDS = ['headers', 'body', 'CONNECT', 'PUBLISH'] as const

type Kind = (typeof KINDS)[number]

const begin = async ({ target }: AttackContext, kind: Kind, n: number): Promise<Stranger> => {
  const isHttp = kind === 'headers' || kind === 'body'
  const stranger = await openStranger(isHttp ? target.httpPort : target.mqttPort, n)
  if (kind === 'body') stranger.write(BODY_HEAD)
  if (kind === 'PUBLISH') {
    stranger.write(connectBytes(`slow-${n}`))
    await stranger.answered(CONNACK_BYTES)
  }
  return stranger
}

const bytesOf = (kind: Kind, n: number): Uint8Array => {
  if (kind === 'headers') return Buffer.from(HEADERS)
  if (kind === 'body') return Buffer.alloc(2_000, ' ')
  return kind === 'CONNECT'
    ? connectBytes(`slow-${n}-${'x'.repeat(2_000)}`)
    : publishBytes(`sensors/slow-${n}/data`, Buffer.alloc(2_000, ' '))
}

const loris = async (context: AttackContext): Promise<AttackResult> => {
  const { scale, target } = context
  const counts: Record<string, number> = {}
  const until = performance.now() + scale.holdMs
  const begun = await openMany(scale.slow, async (n) => {
    const kind = KINDS[n % KINDS.length] ?? 'headers'
    counts[`slow ${kind}`] = (counts[`slow ${kind}`] ?? 0) + 1
    return { kind, n, stranger: await begin(context, kind, n) }
  })
  await Promise.all(begun.map(({ kind, n, stranger }) => drip(stranger, bytesOf(kind, n), until)))
  const connects = begun.filter(({ kind }) => kind === 'CONNECT')
  const left = connects.filter(({ stranger }) => stranger.isOpen).length
  await cutAll(begun.map(({ stranger }) => stranger))
  const isDue = scale.holdMs > target.connectTimeoutMs * 2
  return { counts, problems: isDue && left > 0 ? [`slow: ${left} slow CONNECTs were never closed`] : [] }
}

const PUBACK_BYTES = 4

/** Publishes with QoS 1 as fast as it is acked. Gives how many it was acked. */
const shout = async ({ target }: AttackContext, messages: number): Promise<number> => {
  const stranger = await openStranger(target.mqttPort, 1)
  let received = 0
  stranger.socket.on('data', (bytes) => {
    received += bytes.length
  })
  stranger.write(connectBytes('shouting'))
  await stranger.answered(CONNACK_BYTES)
  const acked = (): number => Math.floor((received - CONNACK_BYTES) / PUBACK_BYTES)
  for (let sent = 0; sent < messages && stranger.isOpen; ) {
    if (sent - acked() >= WINDOW) await delay(1)
    else {
      sent += 1
      await stranger.writeAll(publishBytes(UNREAD_TOPIC, UNREAD_PAYLOAD, sent % 60_000 || 1))
    }
  }
  while (stranger.isOpen && acked() < messages) await delay(5)
  stranger.cut()
  return acked()
}

/** Subscribers that read nothing, half of them with QoS 1, while someone publishes. */
const unread = async (context: AttackContext): Promise<AttackResult> => {
  const { target, scale } = context
  const messages = Math.ceil(scale.unreadBytes / UNREAD_PAYLOAD.length)
  const subscribers = await openMany(SUBSCRIBERS, async (n) => {
    const stranger = await openStranger(target.mqttPort, n, false)
    stranger.write(connectBytes(`deaf-${n}`))
    stranger.write(subscribeBytes(UNREAD_TOPIC, n % 2 === 0 ? 0 : 1))
    return stranger
  })
  const acked = await shout(context, messages)
  await cutAll(subscribers)
  const problems = acked < messages ? [`slow: the publisher was acked ${acked} of ${messages}`] : []
  return { counts: { 'never read': SUBSCRIBERS, 'of 8 KiB': acked }, problems }
}

export const slow: Attack = async (context) => {
  const [first, second] = await Promise.all([loris(context), unread(context)])
  return { counts: { ...first.counts, ...second.counts }, problems: [...first.problems, ...second.problems] }
}
