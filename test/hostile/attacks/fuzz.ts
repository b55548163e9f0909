/**
 * Sessions of packets, over TCP and WebSocket: most in the right shape, in any order; some spoilt. A packet counts
 * when its connection was still open as it was written.
 */
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import type { IConnectPacket, Packet } from 'mqtt-packet'
import type { Attack, AttackContext, Target } from '../attack.ts'
import { encodeFrame, isUpgraded, OPCODE, openWebSocket } from '../frame.ts'
import { CONNACK_BYTES, isAccepted, tryEncode } from '../mqtt-bytes.ts'
import { openStranger, type Stranger } from '../stranger.ts'
import { type Mutation, mutate, mutation } from './mutation.ts'
import { connectPacket, packet } from './packets.ts'

interface Item {
  readonly packet: Packet
  readonly mutation: Mutation
}

interface Session {
  readonly connect: IConnectPacket
  readonly spoilConnect: Mutation
  readonly items: readonly Item[]
  readonly isWebSocket: boolean
  /** Pieces that each packet is written in. */
  readonly pieces: number
  readonly ending: 'end' | 'cut'
}

const TOGETHER = 30
const BATCH = 200
const CLOSED_WITHIN_MS = 1_000
/** What a broker that goes on reading answers in; one that waits for the rest of a packet answers nothing. */
const ANSWERED_WITHIN_MS = 150
/** Time for the other side to have closed it after a packet that it cannot read. */
const SETTLE_MS = 2

const none: fc.Arbitrary<Mutation> = fc.constant({ kind: 'none' })
const spoiltOne = (outOf: number): fc.Arbitrary<Mutation> =>
  fc.oneof({ weight: outOf - 1, arbitrary: none }, { weight: 1, arbitrary: mutation })

const sessionOf = (honest: readonly string[]): fc.Arbitrary<Session> =>
  fc.record({
    connect: connectPacket(honest),
    spoilConnect: spoiltOne(8),
    items: fc.array(fc.record({ packet, mutation: spoiltOne(6) }), {
      minLength: 1,
      maxLength: 30,
      size: 'max',
    }),
    isWebSocket: fc.oneof(
      { weight: 2, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    pieces: fc.constantFrom(1, 1, 1, 2, 5),
    ending: fc.constantFrom('end' as const, 'end', 'end', 'cut'),
  })

/** All sessions of a seed, one after the other, without end. */
const sessionsFrom = function* (seed: number, honest: readonly string[]): Generator<Session, never> {
  const arbitrary = sessionOf(honest)
  for (let batch = 0; ; batch += 1) yield* fc.sample(arbitrary, { numRuns: BATCH, seed: (seed + batch) | 0 })
}

const createCounts = () => ({
  packets: 0,
  spoilt: 0,
  sessions: 0,
  webSockets: 0,
  'let in': 0,
  'closed on': 0,
})

type Counts = ReturnType<typeof createCounts>

const send = async (stranger: Stranger, session: Session, bytes: Buffer): Promise<boolean> => {
  const size = Math.max(1, Math.ceil(bytes.length / session.pieces))
  for (let at = 0; at < bytes.length; at += size) {
    if (at > 0) await delay(0)
    const payload = bytes.subarray(at, at + size)
    const piece = session.isWebSocket ? encodeFrame({ opcode: OPCODE.binary, payload }) : payload
    if (!(await stranger.writeAll(piece))) return false
  }
  return stranger.isOpen
}

interface Opened {
  readonly stranger: Stranger
  /** What was answered as MQTT. */
  readonly mqttAt: () => Buffer
}

const open = async ({ mqttPort, httpPort }: Target, session: Session, n: number): Promise<Opened> => {
  const stranger = await (session.isWebSocket
    ? openWebSocket(httpPort, '/mqtt', n)
    : openStranger(mqttPort, n))
  return { stranger, mqttAt: () => (session.isWebSocket ? afterHandshake(stranger.head) : stranger.head) }
}

/** What was answered behind the handshake, without the header of the first frame. */
const afterHandshake = (head: Buffer): Buffer => head.subarray(head.indexOf('\r\n\r\n') + 4 + 2)

/** Waits for it, but no longer than `ms`. */
const atMost = async (ms: number, waited: Promise<unknown>): Promise<void> => {
  const late = new AbortController()
  await Promise.race([waited, delay(ms, undefined, { signal: late.signal }).catch(() => {})])
  late.abort()
}

const PINGREQ = Buffer.from([0xc0, 0])

/** Not before what was sent was read: of a connection that is gone, the broker throws the rest away. */
const hangUp = async (stranger: Stranger, session: Session): Promise<void> => {
  if (session.ending === 'end' && stranger.isOpen) {
    const answer = new Promise((resolve) => stranger.socket.once('data', resolve))
    await send(stranger, session, PINGREQ)
    await atMost(ANSWERED_WITHIN_MS, Promise.race([answer, stranger.closed]))
    stranger.socket.end()
    await atMost(CLOSED_WITHIN_MS, stranger.closed)
  }
  stranger.cut()
}

/** Until its CONNECT is answered. */
const begun = async ({ stranger, mqttAt }: Opened): Promise<void> => {
  const before = stranger.head.length - mqttAt().length
  await atMost(CLOSED_WITHIN_MS, stranger.answered(before + CONNACK_BYTES))
}

const play = async (target: Target, session: Session, { n, counts }: { n: number; counts: Counts }) => {
  const opened = await open(target, session, n)
  const { stranger, mqttAt } = opened
  counts.sessions += 1
  if (session.isWebSocket && isUpgraded(stranger)) counts.webSockets += 1
  const { connect, spoilConnect } = session
  const all: readonly Item[] = [{ packet: connect, mutation: spoilConnect }, ...session.items]
  let before: Buffer = PINGREQ
  for (const { packet, mutation } of all) {
    const bytes = tryEncode(packet, connect.protocolVersion ?? 4)
    if (bytes === undefined) continue
    if (!stranger.isOpen) break
    counts.packets += 1
    if (mutation.kind !== 'none') counts.spoilt += 1
    const isOpen = await send(stranger, session, mutate(bytes, before, mutation))
    before = bytes
    if (!isOpen) break
    if (mutation.kind !== 'none') await delay(SETTLE_MS)
    else if (packet === connect) await begun(opened)
  }
  if (!stranger.isOpen) counts['closed on'] += 1
  await hangUp(stranger, session)
  if (isAccepted(mqttAt())) counts['let in'] += 1
}

export const fuzz: Attack = async ({ target, scale, random }: AttackContext) => {
  const counts = createCounts()
  const sessions = sessionsFrom(random.whole(0, 2 ** 30), target.honest)
  const worker = async (): Promise<void> => {
    while (counts.packets < scale.packets)
      await play(target, sessions.next().value, { n: counts.sessions, counts })
  }
  await Promise.all(Array.from({ length: TOGETHER }, worker))
  const problems = counts['let in'] === 0 ? ['fuzz: no session was let in: nothing behind it was tried'] : []
  return { counts, problems }
}
