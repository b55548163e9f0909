/**
 * The messages of a board that are no readings. `devices/{id}/register`, `/heartbeat` and `/status` change the
 * registry, which stores them in batches: what they say is said again, so they are acked at once. Those of the
 * buzzer and of cameras go where they belong. What cannot be read is a dead letter as a reading would be.
 */
import { decodeHeartbeat, decodeRegister } from '../core/device-body.ts'
import { BAD_DEVICE_ID, parseDeviceId } from '../core/device-id.ts'
import { PAYLOAD_LIMITS, tooLarge } from '../core/payload.ts'
import type { DeviceId } from '../core/reading.ts'
import type { Rejection } from '../core/rejection.ts'
import type { DeviceTopic } from '../core/topic.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, Done, Message } from '../ports.ts'
import type { Buzzer } from './buzzer.ts'
import type { DeviceClients } from './device-clients.ts'
import type { DeviceRegistry } from './device-registry.ts'
import type { Frames } from './frames.ts'
import type { Ingest } from './ingest.ts'

export interface DeviceMessagesDeps {
  readonly registry: DeviceRegistry
  readonly buzzer: Pick<Buzzer, 'take'>
  readonly frames: Pick<Frames, 'receive'>
  readonly clients: DeviceClients
  readonly events: BridgeEmitter
  readonly clock: Clock
  readonly ingest: () => Ingest
}

export interface ClientLinks {
  /** A client connected: when its id is a known device's, that device is connected. */
  clientConnected(clientId: string): void
  /** Its connection ended. */
  clientGone(clientId: string): void
  /** It is connected to another node. */
  clientMoved(clientId: string): void
}

export interface DeviceMessages {
  /** Notes who speaks for a device: the sender of whatever only a board sends. */
  speaks(clientId: string, topic: DeviceTopic): void
  /** Takes a message of a device topic other than `sensors/{id}/data`. */
  take(message: Message, clientId: string, topic: DeviceTopic, done: Done): void
  /** What connections say of devices. */
  readonly links: ClientLinks
}

/** Wills that a broker publishes after its own death come from nobody. */
const NOBODY = ''

type Outcome = Rejection | undefined

const parse = (message: Message): { readonly value: unknown } | Rejection => {
  if (message.payload.byteLength > PAYLOAD_LIMITS.maxBytes) return tooLarge(message.payload.byteLength)
  const text = message.payload.toString()
  // A will is often the bare word.
  if (text === 'online' || text === 'offline') return { value: { status: text } }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { reason: 'bad-json', detail: 'not JSON' }
  }
}

/** The reader of device messages. */
export const createDeviceMessages = (deps: DeviceMessagesDeps): DeviceMessages => {
  const { registry, buzzer, frames, clients, events, clock } = deps
  /** Clients whose device is being looked up: one that goes meanwhile must not be linked after its end. */
  const lookedUp = new Map<string, symbol>()

  const apply = (
    channel: 'register' | 'heartbeat' | 'status',
    deviceId: DeviceId,
    value: unknown,
  ): Outcome => {
    if (channel === 'register') {
      const decoded = decodeRegister(value, deviceId)
      if (!decoded.ok) return decoded.rejection
      registry.register(decoded.body)
      return undefined
    }
    const decoded = decodeHeartbeat(value, deviceId)
    if (!decoded.ok) return decoded.rejection
    registry.heartbeat(decoded.body)
    return undefined
  }

  const read = (
    message: Message,
    channel: 'register' | 'heartbeat' | 'status',
    deviceId: DeviceId,
  ): Outcome => {
    // An empty retained message clears the topic and says nothing.
    if (message.payload.byteLength === 0) return undefined
    const parsed = parse(message)
    return 'reason' in parsed ? parsed : apply(channel, deviceId, parsed.value)
  }

  return {
    speaks: (clientId, { channel, deviceId }) => {
      // A command comes from a dashboard.
      if (deviceId !== undefined && channel !== 'buzzer-cmd' && clientId !== NOBODY)
        clients.speaks(clientId, deviceId)
    },
    take: (message, clientId, { channel, deviceId }, done) => {
      // A command comes from a dashboard, and what changes the registry is a sign of life by itself.
      const isSign = channel === 'frame' || channel === 'buzzer-ack'
      if (deviceId !== undefined && isSign) registry.seen(deviceId, clock())
      if (channel === 'data') return deps.ingest().readings(message, clientId, deviceId, done)
      if (channel === 'frame') return frames.receive(message, deviceId, done)
      const { topic, payload, qos, retain } = message
      const letter = { topic, payload, qos, retain, clientId, deviceId: deviceId ?? null }
      if (deviceId === undefined) return deps.ingest().reject(letter, BAD_DEVICE_ID, done)
      if (channel === 'buzzer-cmd' || channel === 'buzzer-ack')
        return buzzer.take(message, { channel, deviceId }, done)
      try {
        const rejection = read(message, channel, deviceId)
        if (rejection === undefined) return done()
        deps.ingest().reject(letter, rejection, done)
      } catch (error) {
        // The registry is full while it cannot be written: the board says it again.
        events.emit('devices:failed', { error })
        done()
      }
    },
    links: {
      clientConnected: (clientId) => {
        const deviceId = parseDeviceId(clientId)
        if (deviceId === undefined) return
        const lookUp = Symbol(clientId)
        lookedUp.set(clientId, lookUp)
        const found = (isKnown: boolean): void => {
          if (lookedUp.get(clientId) !== lookUp) return
          lookedUp.delete(clientId)
          if (isKnown) clients.speaks(clientId, deviceId)
        }
        registry.get(deviceId).then(
          (device) => found(device !== undefined),
          () => found(false), // without its store the registry knows no device; the first reading links it
        )
      },
      clientGone: (clientId) => {
        lookedUp.delete(clientId)
        clients.gone(clientId)
      },
      clientMoved: (clientId) => {
        lookedUp.delete(clientId)
        clients.moved(clientId)
      },
    },
  }
}
