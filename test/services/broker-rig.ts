import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect as connectSocket, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet'
import type { Clock, Done, Message } from '../../bridge/index.ts'
import { openLevel } from '../../bridge/stores/level-open.ts'
import {
  type BrokerEvents,
  type BrokerOptions,
  type BrokerPolicy,
  createEmbeddedBroker,
} from '../../broker/index.ts'
import { eventually } from '../support/eventually.ts'

/** A message as the intake got it; nothing is acked until `done` is called. */
export interface TakenIn {
  readonly message: Message
  readonly clientId: string
  readonly done: Done
}

type Cleanup = () => unknown

export interface BrokerSetUp {
  readonly folder?: string
  readonly options?: Partial<BrokerOptions>
  readonly policy?: BrokerPolicy
  readonly clock?: Clock
}

/** One broker on sessions of its own, its intake open to the test. */
export const startBroker = async (
  cleanups: Cleanup[],
  { folder, options = {}, ...deps }: BrokerSetUp = {},
) => {
  const at = folder ?? (await mkdtemp(join(tmpdir(), 'sluice-broker-')))
  if (folder === undefined) cleanups.push(() => rm(at, { recursive: true, force: true }))
  const { db } = await openLevel({ folder: join(at, 'sessions'), what: 'sessions' })
  const broker = createEmbeddedBroker({ sessions: db, ...deps }, { port: 0, ...options })
  const taken: TakenIn[] = []
  const control = { hold: false, failWith: undefined as Error | undefined }
  const stop = async (): Promise<void> => {
    await broker.stop()
    await db.close()
  }
  cleanups.push(stop)
  const address = await broker.start((message, clientId, done) => {
    taken.push({ message, clientId, done })
    if (!control.hold) done(control.failWith)
  })
  const failWrites = (): void => {
    Object.assign(db, { put: () => Promise.reject(new Error('the disk is full')) })
  }
  return { broker, taken, control, address, folder: at, stop, failWrites }
}

export type BrokerRig = Awaited<ReturnType<typeof startBroker>>

/** The bounds that were reached, as they are told. */
export const limitsHit = (rig: BrokerRig): readonly BrokerEvents['limit:hit'][0][] => {
  const told: BrokerEvents['limit:hit'][0][] = []
  rig.broker.events.on('limit:hit', (event) => told.push(event))
  return told
}

/** The payloads taken in, as text. */
export const payloads = (rig: BrokerRig): readonly string[] =>
  rig.taken.map(({ message }) => message.payload.toString())

/** An MQTT.js client, connected; ended with the test. */
export const connectClient = async (
  cleanups: Cleanup[],
  rig: BrokerRig,
  options: IClientOptions = {},
): Promise<MqttClient> => {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${rig.address.port}`, {
    reconnectPeriod: 0,
    ...options,
  })
  client.on('error', () => {})
  cleanups.push(() => client.endAsync(true).catch(() => undefined))
  return client
}

/** A board that speaks MQTT packet by packet. */
export interface RawBoard {
  readonly socket: Socket
  readonly packets: readonly Packet[]
  readonly isClosed: boolean
  send(...packets: readonly Packet[]): void
  /** Waits for the first packet of this kind, and message id if given. */
  next(cmd: Packet['cmd'], messageId?: number): Promise<Packet>
  has(cmd: Packet['cmd'], messageId?: number): boolean
}

/** The CONNECT of a board. */
export const connectPacket = (given: Partial<IConnectPacket> = {}): IConnectPacket => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: 'board',
  keepalive: 0,
  ...given,
})

/** A raw board that has said nothing yet. */
export const openBoard = (cleanups: Cleanup[], rig: BrokerRig): RawBoard => {
  const socket = connectSocket({ port: rig.address.port, host: '127.0.0.1', noDelay: true })
  cleanups.push(() => socket.destroy())
  const parser = mqttPacket.parser()
  const packets: Packet[] = []
  const state = { closed: false }
  parser.on('packet', (packet) => packets.push(packet))
  socket.on('data', (chunk) => parser.parse(chunk))
  socket.on('error', () => {})
  socket.on('close', () => {
    state.closed = true
  })
  const matches = (cmd: Packet['cmd'], messageId?: number) => (packet: Packet) =>
    packet.cmd === cmd && (messageId === undefined || packet.messageId === messageId)
  return {
    socket,
    packets,
    get isClosed() {
      return state.closed
    },
    send: (...all) => {
      socket.write(Buffer.concat(all.map((packet) => mqttPacket.generate(packet))))
    },
    next: (cmd, messageId) => eventually(() => packets.find(matches(cmd, messageId))),
    has: (cmd, messageId) => packets.some(matches(cmd, messageId)),
  }
}

/** Connects a raw board and awaits its CONNACK. */
export const connectBoard = async (
  cleanups: Cleanup[],
  rig: BrokerRig,
  given: Partial<IConnectPacket> = {},
): Promise<RawBoard> => {
  const board = openBoard(cleanups, rig)
  board.send(connectPacket(given))
  await board.next('connack')
  return board
}

export const publishPacket = (
  messageId: number,
  qos: 0 | 1 | 2,
  { topic = 'sensors/a/data', payload = `${messageId}`, dup = false, retain = false } = {},
): Packet => ({
  cmd: 'publish',
  topic,
  payload,
  qos,
  dup,
  retain,
  ...(qos === 0 ? {} : { messageId }),
})

/** An HTTP server that hands its upgrades to the broker. */
export const serveUpgrades = async (cleanups: Cleanup[], rig: BrokerRig): Promise<number> => {
  const server = createServer((_, response) => response.end('plain'))
  server.on('upgrade', rig.broker.upgrade)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Runs cleanups, newest first. */
export const cleanUp = async (cleanups: Cleanup[]): Promise<void> => {
  for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) await next()
}
