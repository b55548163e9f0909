/** A board that minds its own business: QoS 1 at a steady pace, with its credential. It notes when each was acked. */
import { connect, type Socket } from 'node:net'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { bodyOf } from '../../oracle/boards/reading.ts'

export interface BoardOptions {
  readonly port: number
  readonly deviceId: string
  readonly secret: string
  readonly boot: string
  readonly everyMs: number
}

export interface BoardHandlers {
  onAck(latencyMs: number): void
  /** Its connection was lost, or refused. */
  onLost(why: string): void
}

export interface HonestBoard {
  /** Resolves when it is connected for the first time. */
  readonly connected: Promise<void>
  readonly sent: number
  /** `seq` of each reading that was acked. */
  readonly acked: ReadonlySet<number>
  /** Sends nothing new from now on. */
  stop(): void
  close(): void
}

const KEEPALIVE_S = 60
const RECONNECT_MS = 200

export const connectOf = ({ deviceId, secret }: Pick<BoardOptions, 'deviceId' | 'secret'>): Packet => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clientId: deviceId,
  clean: true,
  keepalive: KEEPALIVE_S,
  username: deviceId,
  password: Buffer.from(secret),
})

/** `dup`: it was sent before. Its message id follows from `seq`. */
export const readingOf = (
  { deviceId, boot }: Pick<BoardOptions, 'deviceId' | 'boot'>,
  seq: number,
  dup: boolean,
): Packet => ({
  cmd: 'publish',
  topic: `sensors/${deviceId}/data`,
  payload: JSON.stringify(bodyOf({ deviceId, boot, seq, ts: null })),
  qos: 1,
  messageId: seq,
  dup,
  retain: false,
})

/** Parses what comes in on `socket`; bytes that are no packet end it. */
export const onPackets = (socket: Socket, take: (packet: Packet) => void): void => {
  const parser = mqttPacket.parser({ protocolVersion: 4 })
  parser.on('packet', take)
  parser.on('error', () => socket.destroy())
  socket.on('data', (bytes) => parser.parse(bytes))
}

/** Connects at once and publishes from then on, until `stop`; connects again when it is lost. */
export const createHonestBoard = (options: BoardOptions, handlers: BoardHandlers): HonestBoard => {
  const pending = new Map<number, number>()
  const acked = new Set<number>()
  let seq = 0
  let isOpen = false
  let isClosed = false
  let isStopped = false
  let socket: Socket | undefined
  let onConnected: () => void = () => {}
  const connected = new Promise<void>((resolve) => {
    onConnected = resolve
  })

  const send = (packet: Packet): void => void socket?.write(mqttPacket.generate(packet))

  const take = (packet: Packet): void => {
    if (packet.cmd === 'connack' && packet.returnCode === 0) {
      isOpen = true
      onConnected()
      for (const each of pending.keys()) send(readingOf(options, each, true))
    } else if (packet.cmd === 'connack') handlers.onLost(`CONNACK ${packet.returnCode}`)
    if (packet.cmd !== 'puback') return
    const sentAt = pending.get(packet.messageId ?? 0)
    if (sentAt === undefined) return
    pending.delete(packet.messageId ?? 0)
    acked.add(packet.messageId ?? 0)
    handlers.onAck(performance.now() - sentAt)
  }

  const open = (): void => {
    const mine = connect({ port: options.port, host: '127.0.0.1', noDelay: true })
    socket = mine
    onPackets(mine, take)
    mine.on('error', () => {}) // told by `close`
    mine.once('connect', () => send(connectOf(options)))
    mine.once('close', () => {
      if (isClosed) return
      if (isOpen) handlers.onLost('its connection was lost')
      isOpen = false
      setTimeout(() => isClosed || open(), RECONNECT_MS)
    })
  }
  open()

  const tick = (): void => {
    if (isStopped) return
    seq += 1
    pending.set(seq, performance.now())
    if (isOpen) send(readingOf(options, seq, false))
  }
  let timer: NodeJS.Timeout | undefined
  void connected.then(() => {
    timer = setInterval(tick, options.everyMs)
  })

  return {
    connected,
    get sent() {
      return seq
    },
    acked,
    stop: () => {
      isStopped = true
      clearInterval(timer)
    },
    close: () => {
      isClosed = true
      socket?.destroy()
    },
  }
}
