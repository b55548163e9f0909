/**
 * What comes from the broker, on its way into the intake and to its ack.
 *
 * Invariant: an ack leaves only after the intake called `done()` without an error, in the order in which messages came.
 *
 * What the intake refuses stays here without an ack and is tried again: MQTT has the broker send it again only on a new
 * connection. For want of room (in the spool, or among the pictures that wait for the disk) this goes on for as long as it
 * takes, and the broker keeps what is behind it. Anything else that is refused again and again would hold up everybody behind it for ever: after some attempts it is
 * given up, acked and told.
 *
 * A message that was not acked when the connection broke is sent again on the next one. While this process lives it is
 * known by its identifier and content and not taken in twice. After a restart, and where an ack was written that the dying
 * connection did not carry over, `boot` and `seq` tell.
 */
import type { IPublishPacket } from 'mqtt-packet'
import type { Done, Intake, Message } from '../bridge/index.ts'
import { type AckLine, type Awaiting, createAckLine } from './ack-line.ts'
import type { ExternalEmitter } from './external-events.ts'
import type { ExternalBrokerOptions } from './options.ts'

export interface Entry extends Awaiting {
  readonly message: Message
  line: AckLine<Entry>
  /** How often it was refused, */
  refusals: number
  /** and how often of these for a reason that does not pass. */
  attempts: number
}

export interface InboxDeps {
  readonly intake: Intake
  readonly events: ExternalEmitter
  /** What is held in memory changed. */
  readonly onHeld: () => void
}

export type InboxOptions = Pick<ExternalBrokerOptions, 'maxAttempts' | 'minRetryMs' | 'maxRetryMs'>

export interface Inbox {
  /** A new connection; `kept`: the broker knows our session, and sends again what was not acked. */
  connected(kept: boolean, write: (due: readonly Entry[]) => void): void
  /** The connection is gone. */
  lost(): void
  take(packet: IPublishPacket, message: Message): void
  /** Acked at once: none of ours. */
  pass(packet: IPublishPacket): void
  /** From now on nothing is taken in, and nothing tried again. */
  stop(): void
  readonly unacked: number
  /** Of messages that are not taken in yet. */
  readonly heldBytes: number
  /** Messages that were refused and wait for the next attempt. */
  readonly refused: number
  readonly redelivered: number
}

/** Who published is not told by a broker. */
const NOBODY = ''
/** MQTT 5: implementation specific error, the only honest word for what cannot be taken in. */
const GIVEN_UP = 0x83

/** No room for it now. */
const PASSES: ReadonlySet<unknown> = new Set(['SPOOL_FULL', 'BUSY'])
/** Pictures wait for the disk for a moment only. */
const MAX_BUSY_RETRY_MS = 500

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined)

const isSame = (one: Message, other: Message): boolean =>
  one.topic === other.topic && one.payload.equals(other.payload)

/** An inbox without a connection. */
export const createInbox = ({ intake, events, onHeld }: InboxDeps, options: InboxOptions): Inbox => {
  let line = createAckLine<Entry>(() => undefined)
  /** Of the connection before: what may be sent again. */
  const carried = new Map<number, Entry>()
  const again = new Set<Entry>()
  let timer: NodeJS.Timeout | undefined
  let heldBytes = 0
  let redelivered = 0
  let stopped = false

  const hold = (bytes: number): void => {
    heldBytes += bytes
    onHeld()
  }

  const settle = (entry: Entry, reasonCode = 0): void => {
    entry.reasonCode = reasonCode
    entry.settled = true
    hold(-entry.message.payload.byteLength)
    entry.line.settle()
  }

  const pauseMs = (refusals: number, code: unknown): number =>
    Math.min(
      options.maxRetryMs,
      code === 'BUSY' ? MAX_BUSY_RETRY_MS : Number.POSITIVE_INFINITY,
      options.minRetryMs * 2 ** Math.min(refusals, 16),
    )

  const retry = (): void => {
    timer = undefined
    const due = [...again]
    again.clear()
    for (const entry of due) handOver(entry)
  }

  const refused = (entry: Entry, error: Error): void => {
    // Never acked: it comes again after the next start.
    const code = codeOf(error)
    if (stopped || code === 'STOPPING') return
    const { topic } = entry.message
    entry.refusals += 1
    if (!PASSES.has(code)) entry.attempts += 1
    events.emit('message:refused', { topic, error, attempt: entry.refusals })
    if (entry.attempts >= options.maxAttempts) {
      events.emit('message:lost', { topic, error })
      return settle(entry, GIVEN_UP)
    }
    again.add(entry)
    timer ??= setTimeout(retry, pauseMs(entry.refusals, code)).unref()
  }

  const handOver = (entry: Entry): void => {
    const done: Done = (error) => {
      if (entry.settled) return
      if (error) refused(entry, error)
      else settle(entry)
    }
    try {
      intake(entry.message, NOBODY, done)
    } catch (error) {
      // From here it would rise through the socket's reader and end the process.
      done(error as Error)
    }
  }

  const takeQos0 = (message: Message): void => {
    try {
      intake(message, NOBODY, (error) => {
        if (error) events.emit('message:lost', { topic: message.topic, error })
      })
    } catch (error) {
      events.emit('message:lost', { topic: message.topic, error: error as Error })
    }
  }

  /** True for a message that is here already: from the connection before, or sent again on this one. */
  const isHere = (packet: IPublishPacket, messageId: number, message: Message): boolean => {
    const known = carried.get(messageId)
    if (known !== undefined) carried.delete(messageId)
    if (!packet.dup) return false
    if (known !== undefined && isSame(known.message, message)) {
      known.line = line
      line.add(known)
      redelivered += 1
      return true
    }
    // Brokers of 3.1.1 there are that send again when an ack takes long. The first sending is acked in its turn.
    const waiting = line.find(messageId)
    if (waiting === undefined || !isSame(waiting.message, message)) return false
    redelivered += 1
    return true
  }

  return {
    connected: (kept, write) => {
      if (!kept) carried.clear()
      line = createAckLine(write)
    },
    lost: () => {
      for (const entry of line.close()) carried.set(entry.messageId, entry)
    },
    take: (packet, message) => {
      if (stopped) return
      const { messageId, qos } = packet
      if (qos === 0 || messageId === undefined) return takeQos0(message)
      if (isHere(packet, messageId, message)) return
      const entry: Entry = {
        message,
        messageId,
        qos,
        line,
        refusals: 0,
        attempts: 0,
        settled: false,
        reasonCode: 0,
      }
      line.add(entry)
      hold(message.payload.byteLength)
      handOver(entry)
    },
    pass: (packet) => {
      const { messageId, qos } = packet
      if (stopped || qos === 0 || messageId === undefined) return
      const message = { topic: packet.topic, payload: Buffer.alloc(0), qos, retain: false }
      line.add({ message, messageId, qos, line, refusals: 0, attempts: 0, settled: true, reasonCode: 0 })
    },
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
    get unacked() {
      return line.size
    },
    get heldBytes() {
      return heldBytes
    },
    get refused() {
      return again.size
    },
    get redelivered() {
      return redelivered
    },
  }
}
