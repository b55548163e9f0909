/** What the boards sent and what they were told, written down at the moment it happened. */
import type { AckWay, BoardKind, BoardMessage } from './boards/message.ts'
import { keyOf, type Reading } from './boards/reading.ts'

export interface Acked {
  readonly reading: Reading
  readonly kind: BoardKind
  readonly how: AckWay
  /** Milliseconds on the clock of the log. */
  readonly atMs: number
}

export interface SentReading {
  readonly reading: Reading
  readonly kind: BoardKind
}

export interface Unreadable {
  readonly payload: string
  readonly deviceId: string
  /** How many times it left the board, in whole or in part. */
  times: number
  /** The first ack; null when there was none. */
  acked: { readonly how: AckWay; readonly atMs: number } | null
}

export interface TrafficLog {
  /** A message leaves its board, for the first time or again. */
  sent(message: BoardMessage): void
  acked(message: BoardMessage, how: AckWay): void
  /** An answer that no board should get. */
  odd(answer: string): void
  /** Every reading that ever left a board, by `keyOf`. */
  readonly readings: ReadonlyMap<string, SentReading>
  /** The first ack of every reading that got one, by `keyOf`. */
  readonly acks: ReadonlyMap<string, Acked>
  readonly unreadable: ReadonlyMap<string, Unreadable>
  /** Odd answers, each with how often it came. */
  readonly oddities: ReadonlyMap<string, number>
  /** Readings that left a board, each time counted; an unreadable message as one. */
  readonly transmissions: number
}

/** An empty log. `clock` gives milliseconds. */
export const createTrafficLog = (clock: () => number): TrafficLog => {
  const readings = new Map<string, SentReading>()
  const acks = new Map<string, Acked>()
  const unreadable = new Map<string, Unreadable>()
  const oddities = new Map<string, number>()
  let transmissions = 0
  return {
    sent: ({ kind, deviceId, payload, readings: sent }) => {
      transmissions += Math.max(1, sent.length)
      for (const reading of sent) readings.set(keyOf(reading), { reading, kind })
      if (sent.length > 0) return
      const known = unreadable.get(payload)
      if (known === undefined) unreadable.set(payload, { payload, deviceId, times: 1, acked: null })
      else known.times += 1
    },
    acked: ({ kind, payload, readings: told }, how) => {
      const atMs = clock()
      for (const reading of told) {
        const key = keyOf(reading)
        if (!acks.has(key)) acks.set(key, { reading, kind, how, atMs })
      }
      const letter = unreadable.get(payload)
      if (letter !== undefined) letter.acked ??= { how, atMs }
    },
    odd: (answer) => void oddities.set(answer, (oddities.get(answer) ?? 0) + 1),
    readings,
    acks,
    unreadable,
    oddities,
    get transmissions() {
      return transmissions
    },
  }
}
