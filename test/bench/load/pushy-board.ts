import type { Socket } from 'node:net'
import { type AckedRange, type Address, deviceIdOf, monotonicMs } from '../jobs.ts'
import { encodeReading, FIRST_SEQ, patchMessageId, patchSeq } from '../mqtt-wire.ts'
import { connectBoard } from './board.ts'
import { rangesOf } from './publisher.ts'

/** A board that writes what is due without waiting for acks, and comes back when it is thrown out. */
export interface PushyBoard {
  readonly qos: 0 | 1
  readonly sent: number
  readonly keptBack: number
  readonly closed: number
  readonly strayAcks: number
  /** Sent on the present connection and not acked; 0 for who does not listen. */
  readonly unacked: number
  connect(): Promise<void>
  /** Writes that many readings in one piece, or none of them while the socket is full. */
  send(count: number): void
  acked(): readonly AckedRange[]
  close(): Promise<void>
}

export interface PushyBoardOptions {
  readonly address: Address
  readonly number: number
  readonly boot: string
  readonly qos: 0 | 1
  /** It never reads what it is sent. */
  readonly deaf: boolean
  /** The most it may be asked to send. */
  readonly messages: number
  readonly onAck: (latencyMs: number) => void
}

/** Message ids in use: more than this many unacked are kept back too. */
const IDS = 16_384
const COME_BACK_MS = 1_000

export const createPushyBoard = (options: PushyBoardOptions): PushyBoard => {
  const { address, number, qos, onAck } = options
  const template = encodeReading(deviceIdOf(number), options.boot, qos)
  const size = template.bytes.length
  const acked = new Uint8Array(qos === 1 ? options.messages : 0)
  const inFlight = new Int32Array(qos === 1 ? IDS : 0).fill(-1)
  const sentAt = new Float64Array(inFlight.length)
  let socket: Socket | undefined
  let nextId = 1
  let unacked = 0
  let sent = 0
  let keptBack = 0
  let closed = 0
  let strayAcks = 0
  let ending = false
  let comeBack: NodeJS.Timeout | undefined

  const takeAck = (id: number): void => {
    const message = inFlight[id] ?? -1
    if (message < 0) {
      strayAcks += 1
      return
    }
    inFlight[id] = -1
    acked[message] = 1
    unacked -= 1
    onAck(monotonicMs() - (sentAt[id] ?? 0))
  }

  const lost = (): void => {
    socket = undefined
    inFlight.fill(-1)
    unacked = 0
    if (ending) return
    closed += 1
    comeBack = setTimeout(() => void connect().catch(lost), COME_BACK_MS)
  }

  const connect = async (): Promise<void> => {
    const board = await connectBoard(address, deviceIdOf(number), { onPuback: takeAck, onLost: lost })
    if (ending) board.close()
    socket = board.socket
    if (options.deaf) socket.pause()
  }

  const canSend = (count: number): boolean =>
    socket !== undefined &&
    !socket.writableNeedDrain &&
    (qos === 0 || (unacked + count < IDS && inFlight[(nextId + count) % IDS] === -1))

  return {
    qos,
    get sent() {
      return sent
    },
    get keptBack() {
      return keptBack
    },
    get closed() {
      return closed
    },
    get strayAcks() {
      return strayAcks
    },
    get unacked() {
      return options.deaf ? 0 : unacked
    },
    connect,
    send: (count) => {
      if (!canSend(count)) {
        keptBack += count
        return
      }
      const bytes = Buffer.alloc(size * count, template.bytes)
      const now = monotonicMs()
      for (let index = 0; index < count; index += 1) {
        patchSeq(bytes, index * size + template.seqAt, FIRST_SEQ + sent)
        if (qos === 1) {
          inFlight[nextId] = sent
          sentAt[nextId] = now
          patchMessageId(bytes, index * size + template.messageIdAt, nextId)
          nextId = nextId === IDS - 1 ? 1 : nextId + 1
          unacked += 1
        }
        sent += 1
      }
      socket?.write(bytes)
    },
    acked: () => rangesOf(deviceIdOf(number), acked),
    close: async () => {
      ending = true
      clearTimeout(comeBack)
      const open = socket
      if (open === undefined || open.destroyed) return
      const gone = new Promise((resolve) => open.once('close', resolve))
      open.destroy()
      await gone
    },
  }
}
