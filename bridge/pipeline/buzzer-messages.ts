/**
 * `buzzer/{id}/cmd` and `buzzer/{id}/ack`. A command is noted before it is delivered, and what is delivered is ours:
 * the JSON that names the request, whatever was published. A command that is refused is delivered as an empty
 * payload, which is nothing to a board: one that asks for an hour of noise must not reach it past the refusal.
 *
 * A retained command would beep again at each reconnect of the board. So it is published once as any other, and the
 * retained message is replaced by an empty one, which clears the topic [MQTT-3.3.1-10].
 */
import type { BuzzerRequest } from '../core/buzzer.ts'
import {
  type BuzzerCommand,
  decodeBuzzerAck,
  decodeBuzzerCommand,
  encodeBeep,
  encodeStop,
  MAX_BUZZER_PAYLOAD_BYTES,
} from '../core/buzzer-command.ts'
import { asError, BridgeError } from '../core/errors.ts'
import type { DeviceId } from '../core/reading.ts'
import type { Rejection } from '../core/rejection.ts'
import { topics } from '../core/topic.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, Done, Message, Publisher } from '../ports.ts'
import { atMost } from './at-most.ts'

type Beep = Extract<BuzzerCommand, { readonly action: 'beep' }>

/** Buries a message that cannot be read, and calls `done` when that is durable. */
export type RejectMessage = (
  message: Message,
  deviceId: DeviceId,
  rejection: Rejection,
  done: (error?: Error) => void,
) => void

export interface BuzzerMessagesDeps {
  readonly clock: Clock
  readonly events: BridgeEmitter
  readonly publisher: Publisher
  readonly reject: RejectMessage
  /** The request that is pending now; undefined when no id is at hand. Throws STORE_UNAVAILABLE, STOPPING. */
  readonly tryRequest: (deviceId: DeviceId, wish: Beep) => BuzzerRequest | undefined
  /** Resolves when ids are at hand. Throws STORE_UNAVAILABLE. */
  readonly fillIds: () => Promise<void>
  /** How long that is waited for. */
  readonly idsWithinMs: number
  readonly cancel: (deviceId: DeviceId) => BuzzerRequest | undefined
  /** Whatever is pending is done. */
  readonly ack: (deviceId: DeviceId) => void
  readonly complete: (requestId: number, of: DeviceId) => Promise<unknown>
}

export interface BuzzerTopic {
  readonly channel: 'buzzer-cmd' | 'buzzer-ack'
  readonly deviceId: DeviceId
}

const NOTHING = Buffer.alloc(0)

const tooLarge = (bytes: number): Rejection => ({
  reason: 'too-large',
  detail: `payload of ${bytes} bytes is over the limit of ${MAX_BUZZER_PAYLOAD_BYTES} for a buzzer`,
})

/** The reader of buzzer messages. */
export const createBuzzerMessages = (deps: BuzzerMessagesDeps) => {
  const { clock, events, publisher, tryRequest } = deps

  const hand = (message: Message, deviceId: DeviceId, text: string, done: Done): void => {
    if (!message.retain) return done(undefined, Buffer.from(text))
    publisher.publish(topics.command(deviceId), text, { qos: 1 })
    done(undefined, NOTHING)
  }

  /** No request can be made. The sender of a command with an ack keeps it; one without is lost, and counted. */
  const refuse = ({ qos }: Message, error: unknown, done: Done): void => {
    if (qos > 0) return done(asError(error))
    events.emit('buzzer:dropped', { count: 1 })
    done(undefined, NOTHING)
  }

  const beep = (message: Message, deviceId: DeviceId, wish: Beep, done: Done): void => {
    try {
      const request = tryRequest(deviceId, wish)
      if (request !== undefined) return hand(message, deviceId, encodeBeep(request), done)
    } catch (error) {
      return refuse(message, error, done)
    }
    // A store that hangs says nothing for as long as a query may take.
    atMost(deps.idsWithinMs, deps.fillIds()).then(
      (inTime) => {
        if (inTime) beep(message, deviceId, wish, done)
        else refuse(message, new BridgeError('STORE_UNAVAILABLE', 'No id for the request came in time'), done)
      },
      (error) => refuse(message, error, done),
    )
  }

  const command = (message: Message, deviceId: DeviceId, done: Done): void => {
    const { byteLength } = message.payload
    const decoded =
      byteLength > MAX_BUZZER_PAYLOAD_BYTES
        ? ({ ok: false, rejection: tooLarge(byteLength) } as const)
        : decodeBuzzerCommand(message.payload.toString(), clock())
    if (!decoded.ok) return deps.reject(message, deviceId, decoded.rejection, (error) => done(error, NOTHING))
    if (decoded.command.action === 'beep') return beep(message, deviceId, decoded.command, done)
    hand(message, deviceId, encodeStop(deps.cancel(deviceId)), done)
  }

  const ack = (message: Message, deviceId: DeviceId, done: Done): void => {
    const { byteLength } = message.payload
    if (byteLength > MAX_BUZZER_PAYLOAD_BYTES) {
      return deps.reject(message, deviceId, tooLarge(byteLength), (error) => done(error))
    }
    const decoded = decodeBuzzerAck(message.payload.toString())
    if (!decoded.ok) return deps.reject(message, deviceId, decoded.rejection, (error) => done(error))
    if (decoded.requestId === undefined) deps.ack(deviceId)
    // Told of by the link when the store is away. The board need not wait for it: it has beeped.
    else deps.complete(decoded.requestId, deviceId).catch(() => undefined)
    done()
  }

  return {
    /** Takes a message of a buzzer topic; `done` as in `Intake`. */
    take: (message: Message, { channel, deviceId }: BuzzerTopic, done: Done): void => {
      if (channel === 'buzzer-ack') return ack(message, deviceId, done)
      // It clears a retained message, and says nothing.
      if (message.payload.byteLength === 0) return done()
      command(message, deviceId, done)
    },
  }
}
