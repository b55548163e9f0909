/**
 * How long senders wait for their ack: from a message read to the ack being written, measured around the intake.
 * Time and closures cost about a microsecond, so one message in 17 is measured and the others pay one addition.
 * Chosen by count, not when the last measurement ended: in a pause of the disk many wait, and many are measured.
 * 17 is prime, or boards that publish in a fixed order would have the same one of them measured for ever.
 *
 * Measured are messages that are acked: not QoS 0, and nothing that was refused.
 */
import { EventEmitter } from 'node:events'
import type { Intake, ReadingService } from '../bridge/index.ts'

export interface AckEvents {
  /** One of every 17 messages with an ack was acked, after so many milliseconds. */
  acked: [{ via: 'mqtt' | 'rest'; ms: number }]
}
export type AckEmitter = EventEmitter<AckEvents>

/** A new emitter. */
export const createAckEmitter = (): AckEmitter => new EventEmitter<AckEvents>()

export interface AckLatency {
  readonly events: AckEmitter
  /** The same intake, measured. */
  intake(inner: Intake): Intake
  /** The same service, its `ingest` measured. */
  readings(inner: ReadingService): ReadingService
}

const SAMPLE_EVERY = 17

/** @param deps.monotonic - milliseconds that never jump */
export const createAckLatency = ({ monotonic }: { readonly monotonic: () => number }): AckLatency => {
  const events = createAckEmitter()
  let messages = 0
  let bodies = 0

  const ingest =
    (inner: ReadingService): ReadingService['ingest'] =>
    (deviceId, body) => {
      bodies += 1
      if (bodies < SAMPLE_EVERY) return inner.ingest(deviceId, body)
      bodies = 0
      const started = monotonic()
      return inner.ingest(deviceId, body).then((ingested) => {
        if (ingested.ok) events.emit('acked', { via: 'rest', ms: monotonic() - started })
        return ingested
      })
    }

  return {
    events,
    intake: (inner) => (message, clientId, done) => {
      if (message.qos === 0) return inner(message, clientId, done)
      messages += 1
      if (messages < SAMPLE_EVERY) return inner(message, clientId, done)
      messages = 0
      const started = monotonic()
      inner(message, clientId, (error, payload) => {
        done(error, payload)
        if (!error) events.emit('acked', { via: 'mqtt', ms: monotonic() - started })
      })
    },
    readings: (inner) => ({ ...inner, ingest: ingest(inner) }),
  }
}
