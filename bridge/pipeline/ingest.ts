/**
 * The way in, for MQTT messages and REST bodies alike: decode → seen before? → spool. What is refused goes the
 * same way, as a dead letter, so that a refusal is as durable as a reading and the board gets its ack: MQTT
 * 3.1.1 has no other answer, and a board without one would send the same bytes for ever.
 */
import { isUtf8 } from 'node:buffer'
import type { BoardClocks } from '../core/board-times.ts'
import { memoryOf } from '../core/bound.ts'
import { createRowEncoder } from '../core/copy-row.ts'
import { BAD_DEVICE_ID } from '../core/device-id.ts'
import { BridgeError } from '../core/errors.ts'
import { decodeReadings, decodeText, PAYLOAD_LIMITS, tooLarge } from '../core/payload.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import type { Rejection } from '../core/rejection.ts'
import { topics } from '../core/topic.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, Done, Message, Publisher } from '../ports.ts'
import type { Ingested } from '../services.ts'
import type { Admission } from './admission.ts'
import type { Ledger } from './ledger.ts'
import type { Sequences } from './sequences.ts'
import type { OnDurable, SpoolWriter } from './spool-writer.ts'

export interface IngestDeps {
  readonly writer: SpoolWriter
  readonly sequences: Sequences
  readonly admission: Admission
  readonly ledger: Pick<Ledger, 'took' | 'deduplicated' | 'dropped' | 'durableLetter'>
  readonly publisher: Publisher
  readonly events: BridgeEmitter
  readonly clock: Clock
  /** What is known of the boards' own clocks. */
  readonly clocks: BoardClocks
  /** A board sent again what was known. */
  readonly onResent: (deviceId: DeviceId) => void
  readonly maxMemoryBytes: number
}

/** A message of a device topic, its id read from the topic; null when the id breaks the rule. */
export interface DeviceMessage extends Message {
  readonly clientId: string | null
  readonly deviceId: DeviceId | null
}

export interface Ingest {
  /** Readings of `sensors/{id}/data`. `done` is called when they, or the dead letter, are durable. */
  readings(message: Message, clientId: string, deviceId: DeviceId | undefined, done: Done): void
  /** A message that was found bad elsewhere: dead-lettered, and its board told. */
  reject(message: DeviceMessage, rejection: Rejection, done: Done): void
  /** A REST body. Throws SPOOL_FULL or STOPPING. */
  body(deviceId: DeviceId, body: unknown): Promise<Ingested>
  /** From now on everything is refused with STOPPING. */
  stop(): void
}

/** A dead letter keeps this much of its payload: MQTT allows 256 MiB, which would be twice that as a row. */
const MAX_DEAD_LETTER_BYTES = 1024 * 1024

const REPLACEMENT = '\ufffd'
/** The way in to one spool. */
export const createIngest = (deps: IngestDeps): Ingest => {
  const { writer, sequences, admission, ledger, publisher, events, clock, clocks } = deps
  const encoder = createRowEncoder()
  let stopping = false

  const lookAtMemory = (): void => {
    if (memoryOf(writer) >= deps.maxMemoryBytes) admission.update()
  }

  const spool = (readings: readonly Reading[], deviceId: DeviceId, done: OnDurable): void => {
    let lines = ''
    let fresh = readings
    const first = readings[0]
    if (readings.length === 1 && first !== undefined) {
      if (sequences.isNew(first)) lines = encoder.reading(first)
    } else {
      fresh = readings.filter((reading) => sequences.isNew(reading))
      for (const reading of fresh) lines += encoder.reading(reading)
    }
    const known = lines === '' ? readings.length : readings.length - fresh.length
    if (known < readings.length) ledger.took(deviceId, readings.length - known)
    if (lines !== '') writer.append(lines, fresh, done)
    else writer.afterPending(done)
    if (known > 0) {
      ledger.deduplicated(deviceId, known)
      deps.onResent(deviceId)
      events.emit('readings:deduplicated', { count: known })
    }
    lookAtMemory()
  }

  const bury = (message: DeviceMessage, rejection: Rejection, done: Done): void => {
    const { topic, clientId, deviceId } = message
    const payload = message.payload.subarray(0, MAX_DEAD_LETTER_BYTES)
    const line = encoder.deadLetter({ receivedAt: clock(), topic, clientId, deviceId, payload, ...rejection })
    ledger.took(deviceId, 1)
    writer.appendDeadLetter(line, (error) => {
      if (error === undefined) ledger.durableLetter(deviceId)
      done(error)
    })
    lookAtMemory()
    events.emit('message:rejected', { ...rejection, topic, deviceId })
    if (deviceId !== null) publisher.publish(topics.errors(deviceId), JSON.stringify({ ...rejection, topic }))
  }

  /** Runs `take` now, or when there is room; refuses or drops as the QoS allows. `bytes` is what holding it costs. */
  const admit = (
    { qos, deviceId, bytes }: Arrival,
    take: () => void,
    done: (error?: Error) => void,
  ): void => {
    if (!stopping && !admission.full) return take()
    if (qos === 0) {
      const reason = stopping ? 'stopping-qos0' : 'spool-full-qos0'
      ledger.dropped(deviceId, reason)
      events.emit('message:dropped', { reason, count: 1 })
      return done()
    }
    if (stopping) return done(new BridgeError('STOPPING', 'Sluice is stopping'))
    admission.hold({ bytes: bytes(), take, refuse: done })
  }

  const decode = (message: Message, deviceId: DeviceId): readonly Reading[] | Rejection => {
    const { payload } = message
    if (payload.byteLength > PAYLOAD_LIMITS.maxBytes) return tooLarge(payload.byteLength)
    const text = payload.toString()
    if (text.includes(REPLACEMENT) && !isUtf8(payload)) {
      return { reason: 'bad-encoding', detail: 'the payload is not UTF-8' }
    }
    const decoded = decodeText(text, { deviceId, receivedAt: clock(), clocks })
    return decoded.ok ? decoded.readings : decoded.rejection
  }

  const takeReadings = (message: Message, clientId: string, deviceId: DeviceId, done: Done): void => {
    const result = decode(message, deviceId)
    if ('reason' in result) bury({ ...plain(message), clientId, deviceId }, result, done)
    // Its offset is nothing to a source, which would take it for another payload.
    // Without an ack there is nothing to withhold: its row stays, and its connection.
    else spool(result, deviceId, (error) => done(message.qos === 0 ? undefined : error))
  }

  return {
    readings: (message, clientId, deviceId, done) => {
      if (deviceId === undefined) {
        return admit(
          arrival(message, null),
          () => bury({ ...plain(message), clientId, deviceId: null }, BAD_DEVICE_ID, done),
          done,
        )
      }
      // The common case makes no closure.
      if (!stopping && !admission.full) return takeReadings(message, clientId, deviceId, done)
      admit(arrival(message, deviceId), () => takeReadings(message, clientId, deviceId, done), done)
    },
    reject: (message, rejection, done) =>
      admit(arrival(message, message.deviceId), () => bury(message, rejection, done), done),
    body: (deviceId, body) =>
      new Promise((resolve, reject) => {
        const take = (): void => {
          const decoded = decodeReadings(body, { deviceId, receivedAt: clock(), clocks })
          if (!decoded.ok) return resolve(decoded)
          const { readings } = decoded
          spool(readings, deviceId, (error, id) =>
            error === undefined ? resolve({ ok: true, id, readings }) : reject(error),
          )
        }
        // Measured only for a body that has to wait: to print it again is dear.
        const bytes = () => JSON.stringify(body)?.length ?? 0
        admit({ qos: 1, deviceId, bytes }, take, (error) => reject(error))
      }),
    stop: () => {
      stopping = true
      admission.stop()
    },
  }
}

/** What is asked of a message before it is taken in. */
interface Arrival {
  readonly qos: Message['qos']
  readonly deviceId: DeviceId | null
  readonly bytes: () => number
}

const arrival = ({ qos, payload }: Message, deviceId: DeviceId | null): Arrival => ({
  qos,
  deviceId,
  bytes: () => payload.byteLength,
})

/** A message without whatever else a broker's packet carries. */
const plain = ({ topic, payload, qos, retain }: Message): Message => ({ topic, payload, qos, retain })
