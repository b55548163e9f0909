/**
 * A board on MQTT, QoS 0, 1 or 2. It keeps what was not answered and sends it again after each reconnect; with
 * `retransmitMs` on the same connection as well, as esp-mqtt does. Such a board must not use a message id again
 * soon: each copy is answered, and a late answer would be taken for that of another message.
 */
import type { IPublishPacket, Packet } from 'mqtt-packet'
import type { Random } from '../random.ts'
import type { TrafficLog } from '../traffic-log.ts'
import type { Board } from './board.ts'
import { createLink } from './link.ts'
import type { BoardMessage, MessageMaker } from './message.ts'
import { createOutbox, type Outstanding } from './outbox.ts'

export interface MqttBoardOptions {
  readonly port: number
  readonly deviceId: string
  readonly qos: 0 | 1 | 2
  readonly clean: boolean
  readonly everyMs: number
  /** Unanswered messages at most; above that the board waits. */
  readonly window: number
  readonly highestId: number
  /** 0: only after a reconnect. */
  readonly retransmitMs: number
  /** The share of publishes in which the connection is cut. */
  readonly tear: number
  /** Messages from one reboot to the next; 0: never. */
  readonly rebootEvery: number
}

export interface BoardDeps {
  readonly maker: MessageMaker
  readonly log: TrafficLog
  readonly random: Random
}

const publishOf = (message: BoardMessage, qos: 0 | 1 | 2, more: Partial<IPublishPacket>): IPublishPacket => ({
  cmd: 'publish',
  topic: `sensors/${message.deviceId}/data`,
  payload: message.payload,
  qos,
  dup: false,
  retain: false,
  ...more,
})

/** Connects at once; publishes from `start` on. */
export const createMqttBoard = (deps: BoardDeps, options: MqttBoardOptions): Board => {
  const { maker, log, random } = deps
  const { qos, deviceId, everyMs, window, retransmitMs } = options
  const outbox = createOutbox(options.highestId)
  let timer: NodeJS.Timeout | undefined
  let resend: NodeJS.Timeout | undefined
  let made = 0

  const out = (message: BoardMessage, more: Partial<IPublishPacket>): void => {
    log.sent(message)
    const packet = publishOf(message, qos, more)
    if (random.next() < options.tear) link.tear(packet)
    else link.send(packet)
  }
  const publish = (entry: Outstanding, dup: boolean): void => {
    entry.sentAtMs = performance.now()
    out(entry.message, { messageId: entry.messageId, dup })
  }
  const release = (messageId: number): void => link.send({ cmd: 'pubrel', messageId })

  const taken = (entry: Outstanding): void => {
    log.acked(entry.message, qos === 1 ? 'PUBACK' : 'PUBREC')
    maker.acked(entry.message)
  }
  const onPacket = (packet: Packet): void => {
    const messageId = packet.messageId ?? 0
    const entry = outbox.get(messageId)
    if (packet.cmd === 'puback' && entry !== undefined) {
      outbox.remove(messageId)
      taken(entry)
    }
    if (packet.cmd === 'pubrec') {
      if (entry?.state === 'published') {
        entry.state = 'released'
        taken(entry)
      }
      release(messageId)
    }
    if (packet.cmd === 'pubcomp' && entry?.state === 'released') outbox.remove(messageId)
  }
  const onOpen = (): void => {
    for (const entry of outbox.all()) {
      if (entry.state === 'published') publish(entry, true)
      else release(entry.messageId)
    }
  }
  const link = createLink(
    { port: options.port, clientId: deviceId, clean: options.clean, random },
    { onOpen, onPacket, onOdd: log.odd },
  )

  const reboot = (): void => {
    outbox.clear()
    maker.reboot()
    link.drop()
  }
  const tick = (): void => {
    if (!link.isOpen || outbox.size >= window) return
    const message = maker.next()
    if (qos === 0) out(message, {})
    else publish(outbox.add(message, performance.now()), false)
    made += 1
    // Just after a publish: its ack finds nobody.
    if (options.rebootEvery > 0 && made % options.rebootEvery === 0) reboot()
  }
  const sendAgain = (): void => {
    const before = performance.now() - retransmitMs
    for (const entry of outbox.all()) {
      if (link.isOpen && entry.state === 'published' && entry.sentAtMs < before) publish(entry, true)
    }
  }
  if (retransmitMs > 0) resend = setInterval(sendAgain, retransmitMs / 4)

  return {
    kind: maker.kind,
    deviceId,
    start: () => {
      timer = setInterval(tick, everyMs)
    },
    stop: () => clearInterval(timer),
    get unacked() {
      return outbox.size
    },
    close: () => {
      clearInterval(timer)
      clearInterval(resend)
      return link.close()
    },
  }
}
