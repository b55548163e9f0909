/**
 * When a request was given to the open MQTT connection of its board. A broker cannot tell whether the board heard it,
 * and the state machine does not count it as shown (core/buzzer-state.ts); people want to see it all the same.
 */
import type { BuzzerRequest } from '../core/buzzer.ts'
import type { DeviceId } from '../core/reading.ts'
import { topics } from '../core/topic.ts'
import type { Publisher } from '../ports.ts'

export interface BuzzerHandover {
  /** The command of a request goes out now (epoch ms), for the first time or again. */
  note(request: BuzzerRequest, now: number): void
  /** Epoch ms; undefined when it was not given to a connection, or too long ago to be known. */
  at(requestId: number): number | undefined
}

export interface BuzzerHandoverDeps {
  readonly publisher: Pick<Publisher, 'isHeard'>
  /** An MQTT client of this node speaks for the device. */
  readonly isThere: (deviceId: DeviceId) => boolean
}

const MAX_KNOWN = 1_000

/** Knows the last thousand. */
export const createBuzzerHandover = ({ publisher, isThere }: BuzzerHandoverDeps): BuzzerHandover => {
  const known = new Map<number, number>()
  return {
    note: ({ id, deviceId }, now) => {
      if (known.has(id) || !isThere(deviceId) || !publisher.isHeard(topics.command(deviceId))) return
      known.set(id, now)
      for (const oldest of known.keys()) {
        if (known.size <= MAX_KNOWN) return
        known.delete(oldest)
      }
    },
    at: (requestId) => known.get(requestId),
  }
}
