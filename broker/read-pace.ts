/**
 * Keeps what is being taken in at once within bounds, whatever is offered. Aedes reads a connection again once all
 * of what it read before is acked; but one read is up to 80 KiB, some 700 small readings of about 1.5 KiB each in
 * memory, and a thousand boards that send as fast as they can would have a gigabyte on its way.
 *
 * From `busy` messages on, connections are read in small pieces; from `most` on, not at all until some of those are
 * acked, and then in turn. What waits is in the kernel's buffers: TCP holds the senders back, and nothing is dropped.
 * Below `busy` nothing differs from Aedes alone.
 */
import type { Client } from 'aedes'
import type { BrokerOptions } from './options.ts'

/** Some 35 small readings. Below the stream's high-water mark, which a larger read would raise. */
const PIECE_BYTES = 4096

/** What of Aedes' client is used here; it has no door to its reading. */
interface Inner {
  /** Packets taken from the last piece that was read and not yet done with; it reads on at 0. */
  readonly _parsingBatch: number
  _nextBatch(error?: Error | null): void
  readonly _parser: { parse(chunk: Buffer): number }
}

type Read = (size?: number | null) => Buffer | null

export interface ReadPace {
  /** Paces this client too, from its first byte on. */
  add(client: Client): void
  /** Packets read and not done with. */
  readonly inFlight: number
}

/** A pace that all clients it is given share. */
export const createReadPace = ({
  busyMessages,
  mostMessages,
}: Pick<BrokerOptions, 'busyMessages' | 'mostMessages'>): ReadPace => {
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
    const readThrough = conn.read.bind(conn) as Read
    const nextBatch = inner._nextBatch.bind(client)
    const parse = inner._parser.parse.bind(inner._parser)
    let own = 0
    let isParsing = false
    let isWaiting = false
    let gone = false

    const count = (): void => {
      const now = gone ? 0 : inner._parsingBatch
      inFlight += now - own
      own = now
      resumeSoon()
    }

    const readOn = (): void => {
      isWaiting = false
      if (!gone && !client.closed) nextBatch()
    }

    const read: Read = (size) => {
      if (size !== null) return readThrough(size)
      // Of a packet that is done with at once: what is read now would be parsed in the middle of it.
      if (isParsing) return null
      if (inFlight < busyMessages) return readThrough(size)
      if (inFlight >= mostMessages) {
        if (!isWaiting) waiting.push(readOn)
        isWaiting = true
        return null
      }
      return readThrough(conn.readableLength > PIECE_BYTES ? PIECE_BYTES : null)
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
      count()
    })
    Object.assign(conn, { read })
    Object.assign(inner, {
      _nextBatch: (error?: Error | null) => {
        nextBatch(error)
        count()
      },
    })
    inner._parser.parse = (chunk) => {
      let left = parsed(chunk)
      // When all of it is done with, or a piece ends within its first packet, nobody else would read on.
      for (;;) {
        count()
        if (inner._parsingBatch > 0 || client.closed || conn.readableLength === 0) return left
        const next = read(null)
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
