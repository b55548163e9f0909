/** MQTT byte by byte, and what came of it in words. */
import type { IConnectPacket, IPublishPacket, ISubackPacket } from 'mqtt-packet'
import { eventually } from '../../support/eventually.ts'
import {
  type BrokerRig,
  type BrokerSetUp,
  connectBoard,
  openBoard,
  publishPacket,
  type RawBoard,
  startBroker,
} from '../broker-rig.ts'

type Cleanups = (() => unknown)[]
type Qos = 0 | 1 | 2

/** A string as MQTT has it: its length in two bytes, then its bytes [MQTT-1.5.3]. */
export const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes])
}

/** A packet of fewer than 128 bytes. */
export const frame = (header: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(header, body.length), body])
}

/** A packet identifier. */
export const id = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff)

/** A CONNECT: clean, keepalive of a minute, no more than a client id, unless told otherwise. */
export const connectBytes = ({
  header = 0x10,
  name = 'MQTT',
  level = 4,
  flags = 2,
  rest = [text('raw')],
} = {}): Buffer => frame(header, text(name), Buffer.of(level, flags, 0, 60), ...rest)

export const publishBytes = (header: number, topic: string | Buffer, ...rest: readonly Buffer[]): Buffer =>
  frame(header, text(topic), ...rest)

export const subscribeBytes = (filter: string | Buffer, qos = 0): Buffer =>
  frame(0x82, id(1), text(filter), Buffer.of(qos))

export const PINGREQ = Buffer.of(0xc0, 0)

/** A broker with what it says of its clients. */
export const startWire = async (cleanups: Cleanups, setUp: BrokerSetUp = {}) => {
  const rig = await startBroker(cleanups, setUp)
  const refused: string[] = []
  rig.broker.events.on('connect:refused', ({ reason }) => refused.push(reason))
  return {
    rig,
    refused,
    open: () => openBoard(cleanups, rig),
    connect: (clientId: string, given: Partial<IConnectPacket> = {}) =>
      connectBoard(cleanups, rig, { clientId, ...given }),
  }
}

export type Wire = Awaited<ReturnType<typeof startWire>>

/** Sends bytes on a connection of their own; resolves, when it was closed, to what was answered. */
export const answerBeforeClose = async (wire: Wire, ...bytes: readonly Buffer[]): Promise<string> => {
  const { socket } = wire.open()
  const answer: Buffer[] = []
  socket.on('data', (chunk) => answer.push(chunk))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(Buffer.concat(bytes))
  await closed
  return Buffer.concat(answer).toString('hex')
}

/** The same behind a CONNECT that is accepted. */
export const closesConnected = async (wire: Wire, bytes: Buffer): Promise<string> => {
  const board = await wire.connect('raw')
  const before = board.packets.length
  board.socket.write(bytes)
  await eventually(() => board.isClosed)
  return board.packets
    .slice(before)
    .map(({ cmd }) => cmd)
    .join(' ')
}

/** Sends bytes behind a CONNECT; the connection must live on, and what was answered is given. */
export const answerWhileOpen = async (wire: Wire, bytes: Buffer): Promise<readonly string[]> => {
  const board = await wire.connect('raw')
  const before = board.packets.length
  board.socket.write(bytes)
  board.socket.write(PINGREQ)
  await board.next('pingresp')
  return board.packets.slice(before).map(({ cmd, messageId }) => `${cmd} ${messageId ?? ''}`.trim())
}

/** Subscribes; resolves to the codes of the SUBACK. */
export const subscribe = async (
  board: RawBoard,
  messageId: number,
  ...filters: readonly (readonly [topic: string, qos: Qos])[]
): Promise<readonly unknown[]> => {
  board.send({ cmd: 'subscribe', messageId, subscriptions: filters.map(([topic, qos]) => ({ topic, qos })) })
  return ((await board.next('suback', messageId)) as ISubackPacket).granted
}

/** Publishes, and goes through the handshake of its QoS: with QoS 2 what is to be kept is kept then. */
export const send = async (
  board: RawBoard,
  messageId: number,
  qos: Qos,
  message: { topic: string; payload: string; retain?: boolean; dup?: boolean },
): Promise<void> => {
  const before = board.packets.length
  const answered = (cmd: 'puback' | 'pubrec' | 'pubcomp') =>
    eventually(() =>
      board.packets.slice(before).some((each) => each.cmd === cmd && each.messageId === messageId),
    )
  board.send(publishPacket(messageId, qos, message))
  if (qos === 1) await answered('puback')
  if (qos !== 2) return
  await answered('pubrec')
  board.send({ cmd: 'pubrel', messageId })
  await answered('pubcomp')
}

const inWords = ({ topic, payload, qos, retain, dup }: IPublishPacket): string =>
  `${topic} ${payload} q${qos}${retain ? ' retained' : ''}${dup ? ' dup' : ''}`

const publishes = (board: RawBoard): readonly IPublishPacket[] =>
  board.packets.filter((packet): packet is IPublishPacket => packet.cmd === 'publish')

/** What a board was sent, in order, once the message with this payload has come: `topic payload qN retained dup`. */
export const receivedUntil = async (board: RawBoard, last: string): Promise<readonly string[]> => {
  await eventually(() => publishes(board).some(({ payload }) => payload.toString() === last))
  return publishes(board).map(inWords)
}

/** The packet identifiers of what a board was sent. */
export const receivedIds = (board: RawBoard): readonly (number | undefined)[] =>
  publishes(board).map(({ messageId }) => messageId)

/** Hangs up without a DISCONNECT; resolves when the broker knows. */
export const hangUp = async (rig: BrokerRig, board: RawBoard): Promise<void> => {
  const before = rig.broker.connections
  board.socket.destroy()
  await eventually(() => rig.broker.connections < before)
}
