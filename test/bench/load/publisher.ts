import type { AckedRange } from '../jobs.ts'
import { encodeReading, FIRST_SEQ, patchMessageId, patchSeq } from '../mqtt-wire.ts'
import type { Board } from './board.ts'

/**
 * Publishes the readings of one board at QoS 1, with at most `window` of them unacked. A message id is a
 * slot of the window, so that an ack says exactly which `seq` it is for, in whatever order acks come.
 *
 * Packets are patched in a ring of twice the window and written from there without a copy. That is safe:
 * when a place comes round again, twice the window was sent since, at most one window of it is unacked, so
 * a later packet was acked and the place's old bytes had left the process before that.
 */
export interface Publisher {
  readonly sent: number
  readonly ackedCount: number
  readonly strayAcks: number
  /** How many may be sent now: what is free in the window, or what is left. */
  readonly sendable: number
  /** Sends the next `count` readings in one write (two at the ring's end). `dueAt` is kept for `onAck`. */
  send(count: number, dueAt: number): void
  takeAck(messageId: number): void
  acked(): readonly AckedRange[]
}

export interface PublisherOptions {
  readonly boot: string
  readonly window: number
  readonly messages: number
  readonly onAck?: (dueAt: number) => void
}

/** The runs of 1 in `acked`, as `seq`s. */
export const rangesOf = (deviceId: string, acked: Uint8Array): readonly AckedRange[] => {
  const ranges: AckedRange[] = []
  for (let i = 0; i < acked.length; i++) {
    if (acked[i] !== 1) continue
    const first = i
    while (acked[i + 1] === 1) i++
    ranges.push({ deviceId, first: FIRST_SEQ + first, last: FIRST_SEQ + i })
  }
  return ranges
}

const createRing = (deviceId: string, boot: string, packets: number) => {
  const template = encodeReading(deviceId, boot, 1)
  const size = template.bytes.length
  const bytes = Buffer.alloc(size * packets, template.bytes)
  const patch = (place: number, messageId: number, seq: number): void => {
    patchMessageId(bytes, place * size + template.messageIdAt, messageId)
    patchSeq(bytes, place * size + template.seqAt, seq)
  }
  return { packets, patch, slice: (from: number, to: number) => bytes.subarray(from * size, to * size) }
}

export const createPublisher = (board: Board, options: PublisherOptions): Publisher => {
  const { window, messages, onAck } = options
  const ring = createRing(board.deviceId, options.boot, Math.min(2 * window, messages))
  const acked = new Uint8Array(messages)
  const slotMessage = new Int32Array(window + 1).fill(-1)
  const slotDueAt = new Float64Array(window + 1)
  const free = Uint16Array.from({ length: window }, (_, i) => window - i)
  let freeCount = window
  let place = 0
  let sent = 0
  let ackedCount = 0
  let strayAcks = 0

  const sendRun = (count: number, dueAt: number): void => {
    for (let i = 0; i < count; i++) {
      const slot = free[--freeCount] ?? 0
      slotMessage[slot] = sent
      slotDueAt[slot] = dueAt
      ring.patch(place + i, slot, FIRST_SEQ + sent++)
    }
    board.socket.write(ring.slice(place, place + count))
    place = (place + count) % ring.packets
  }

  return {
    get sent() {
      return sent
    },
    get ackedCount() {
      return ackedCount
    },
    get strayAcks() {
      return strayAcks
    },
    get sendable() {
      return Math.min(freeCount, messages - sent)
    },
    send: (count, dueAt) => {
      for (let left = count; left > 0; ) {
        const run = Math.min(left, ring.packets - place)
        sendRun(run, dueAt)
        left -= run
      }
    },
    takeAck: (messageId) => {
      const message = slotMessage[messageId] ?? -1
      if (message < 0) {
        strayAcks++
        return
      }
      slotMessage[messageId] = -1
      free[freeCount++] = messageId
      acked[message] = 1
      ackedCount++
      onAck?.(slotDueAt[messageId] ?? 0)
    },
    acked: () => rangesOf(board.deviceId, acked),
  }
}
