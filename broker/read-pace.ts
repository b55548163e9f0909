/**
 * Keeps what is being taken in at once within bounds, whatever is offered. Aedes reads a connection again once all
 * of what it read before is acked; but one read is up to 80 KiB, some 700 small readings of about 1.5 KiB each in
 * memory, and a thousand boards that send as fast as they can would have a gigabyte on its way.
 *
 * From `busy` messages on, connections are read in small pieces; from `most` on, not at all until some of those are
 * acked, and then in turn. One connection is read no further while `maxInflight` of its own messages are not acked,
 * and no faster than `publishRate`. What waits is in the kernel's buffers: TCP holds the senders back, and nothing
 * is dropped. Below all bounds nothing differs from Aedes alone.
 */
import type { Client } from 'aedes'
import type { Packet } from 'mqtt-packet'
import type { BrokerOptions, LimitName } from './options.ts'
import { createPublishRate, type PublishRate } from './publish-rate.ts'

/** Some 35 small readings. Below the stream's high-water mark, which a larger read would raise. */
const PIECE_BYTES = 4096
/** The smallest PUBLISH, with a topic of one character and no payload. */
const LEAST_BYTES = 5
/** The smallest high-water mark of a socket. */
const MOST_BYTES = 16_384

const WHOLE = Number.POSITIVE_INFINITY

/** What of Aedes' client is used here; it has no door to its reading. */
interface Inner {
  /**
   * Packets taken from the last pieces that were read and not yet done with; it reads on at 0. Less by the number of
   * pieces that have arrived meanwhile, so not what is in flight.
   */
  readonly _parsingBatch: number
  _paused?: boolean
  _nextBatch(error?: Error | null): void
  resume(): void
  readonly _parser: Parser
}

interface Parser {
  parse(chunk: Buffer): number
  listeners(event: 'packet'): ((packet: Packet) => void)[]
  removeAllListeners(event: 'packet'): void
  on(event: 'packet', listener: (packet: Packet) => void): void
}

type Read = (size?: number | null) => Buffer | null

type PaceOptions = Pick<BrokerOptions, 'busyMessages' | 'mostMessages' | 'maxInflight' | 'publishRate'>

export interface PaceDeps {
  readonly onLimit: (limit: LimitName, client: Client) => void
  /** Looks at each packet of a client first; false: it goes no further. */
  readonly check: (client: Client) => (packet: Packet) => boolean
}

export interface ReadPace {
  /** Paces this client too, from its first byte on. */
  add(client: Client): void
  /** Packets read and not done with. */
  readonly inFlight: number
}

/** A pace that all clients it is given share. */
export const createReadPace = (
  { busyMessages, mostMessages, maxInflight, publishRate }: PaceOptions,
  { onLimit, check }: PaceDeps,
): ReadPace => {
  let inFlight = 0
  let waiting: (() => void)[] = []
  let resuming = false

  const resume = (): void => {
    resuming = false
    const ready = waiting
    waiting = []
    for (const [index, readOn] of ready.entries()) {
      if (inFlight >= mostMessages) {
        waiting = ready.slice(index)
        return
      }
      readOn()
    }
  }

  /** In a turn of its own: one ack would else read, parse and ack on for as long as anybody waits. */
  const resumeSoon = (): void => {
    if (resuming || waiting.length === 0 || inFlight >= mostMessages) return
    resuming = true
    setImmediate(resume)
  }

  const add = (client: Client): void => {
    const inner = client as unknown as Inner
    const { conn } = client
    const parser = inner._parser
    const readThrough = conn.read.bind(conn) as Read
    const nextBatch = inner._nextBatch.bind(client)
    const parse = parser.parse.bind(parser)
    const isAllowed = check(client)
    const [enqueue] = parser.listeners('packet')
    let own = 0
    let isParsing = false
    let isWaiting = false
    let isFull = false
    /** The last read left out what the room in flight did not allow for. */
    let isCut = false
    let gone = false
    /** Of a client that has published: most memory of a broker is that of boards which seldom do. */
    let rate: PublishRate | undefined

    const readOn = (): void => {
      isWaiting = false
      if (!gone && !client.closed) nextBatch()
    }
    const count = (): void => {
      if (publishRate === 0) return
      rate ??= createPublishRate(publishRate, { readOn, onPause: () => onLimit('publishRate', client) })
      rate.count()
    }

    const receive = (packet: Packet): void => {
      if (!isAllowed(packet)) return
      own += 1
      inFlight += 1
      if (packet.cmd === 'publish') count()
      enqueue?.call(parser, packet)
    }

    const done = (count: number): void => {
      own -= count
      inFlight -= count
      resumeSoon()
    }

    /** Whether as many of its own messages are in flight as may be; it is read on when half of them are done with. */
    const hasNoRoom = (): boolean => {
      const wasFull = isFull
      isFull = own >= maxInflight
      if (isFull && !wasFull) onLimit('maxInflight', client)
      return isFull
    }

    /** No more than there is room for, whatever the size of its messages; of a whole chunk the rest follows at once. */
    const readUpTo = (piece: number): Buffer | null => {
      const size = Math.min(piece, (maxInflight - own) * LEAST_BYTES, MOST_BYTES)
      const isWhole = conn.readableLength <= size
      isCut = !isWhole && piece > MOST_BYTES
      return readThrough(isWhole ? null : size)
    }

    const read: Read = (size) => {
      if (size !== null) return readThrough(size)
      isCut = false
      // Of a packet that is done with at once: what is read now would be parsed in the middle of it.
      if (isParsing || inner._paused === true || hasNoRoom() || rate?.isPaused()) return null
      if (inFlight >= mostMessages) {
        if (!isWaiting) waiting.push(readOn)
        isWaiting = true
        return null
      }
      return readUpTo(Math.min(inFlight < busyMessages ? WHOLE : PIECE_BYTES, rate?.pieceBytes() ?? WHOLE))
    }

    const readCut = (): Buffer | null => {
      isCut = false
      if (inner._paused === true || hasNoRoom() || rate?.isPaused()) return null
      return readUpTo(rate?.pieceBytes() ?? WHOLE)
    }

    /** One message that is held for long does not hold up those behind it. */
    const readOnWithRoom = (): void => {
      if (!isFull || own > maxInflight / 2 || gone || client.closed) return
      const chunk = read(null)
      if (chunk !== null) parser.parse(chunk)
    }

    const parsed = (chunk: Buffer): number => {
      isParsing = true
      try {
        return parse(chunk)
      } finally {
        isParsing = false
      }
    }

    conn.once('close', () => {
      gone = true
      rate?.stop()
      done(own)
    })
    parser.removeAllListeners('packet')
    parser.on('packet', receive)
    Object.assign(conn, { read })
    Object.assign(inner, {
      _nextBatch: (error?: Error | null) => {
        if (own > 0) done(1)
        nextBatch(error)
        readOnWithRoom()
      },
      // Aedes reads on by the same function, though no packet is done with.
      resume: () => {
        inner._paused = false
        nextBatch()
      },
    })
    parser.parse = (chunk) => {
      let left = parsed(chunk)
      // When all of it is done with, or a piece ends within its first packet, nobody else would read on.
      for (;;) {
        if (client.closed || conn.readableLength === 0) return left
        if (inner._parsingBatch > 0 && !isCut) return left
        const next = isCut ? readCut() : read(null)
        if (next === null) return left
        left = parsed(next)
      }
    }
  }

  return {
    add,
    get inFlight() {
      return inFlight
    },
  }
}
