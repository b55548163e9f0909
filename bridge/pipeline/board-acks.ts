/**
 * Tells boards that publish with QoS 0, where the protocol has no ack, up to which `seq` they are durable: on
 * `acks/{id}`, when somebody listens there. What has changed is gathered, so that each device is told at most once
 * in `intervalMs` however fast it sends.
 *
 * What is told may be lost on its way like any QoS 0 message. A board that missed it sends again, which changes
 * nothing here, so a resend is answered as well.
 *
 * Bounded by the devices that sent something since the last turn; without any there is no timer.
 */
import { parseDeviceId } from '../core/device-id.ts'
import type { DeviceId, Reading } from '../core/reading.ts'
import type { SequenceState } from '../core/sequence-state.ts'
import { topics as names } from '../core/topic.ts'
import type { Publisher } from '../ports.ts'

export interface BoardAcksDeps {
  readonly publisher: Publisher
  /** What is durable of a device; undefined when it never sent `boot` and `seq`, or was forgotten. */
  readonly state: (deviceId: DeviceId) => SequenceState | undefined
}

export interface BoardAcksOptions {
  readonly intervalMs: number
  /** Devices looked at in one go, so that a storm does not hold up the event loop; the rest follow shortly. */
  readonly maxPerSlice?: number
}

export interface BoardAcks {
  /** Readings became durable. For every group: no allocation. */
  committed(readings: readonly Reading[]): void
  /** A device sent again what was known already. */
  resent(deviceId: DeviceId): void
  /** Somebody subscribed to these filters: who listens to one board's acks is told at once where it stands. */
  subscribed(filters: readonly string[]): void
  start(): void
  /** Tells what waits, and nothing more. */
  stop(): void
}

const ACKS = names.acks('' as DeviceId)
const SLICE_PAUSE_MS = 5

/** `boot`, then `seq`, in this order: a board without a JSON parser compares the beginning and reads a number. */
const messageOf = ({ boot, contiguous, highest, gaps }: SequenceState): string =>
  JSON.stringify({ boot, seq: contiguous, highest, missing: gaps })

/** Nothing is told before `start`. */
export const createBoardAcks = (
  { publisher, state }: BoardAcksDeps,
  { intervalMs, maxPerSlice = 500 }: BoardAcksOptions,
): BoardAcks => {
  /** To be told at the next turn, and what is left of this one. They change places, so neither is ever made anew. */
  let waiting = new Set<DeviceId>()
  let telling = new Set<DeviceId>()
  let timer: NodeJS.Timeout | undefined
  let running = false

  const tell = (deviceId: DeviceId): void => {
    const topic = names.acks(deviceId)
    if (!publisher.isHeard(topic)) return
    const known = state(deviceId)
    if (known !== undefined) publisher.publish(topic, messageOf(known))
  }

  const tellSome = (atMost: number): void => {
    let left = atMost
    for (const deviceId of telling) {
      if (left === 0) return
      left -= 1
      telling.delete(deviceId)
      tell(deviceId)
    }
  }

  const later = (run: () => void, ms: number): NodeJS.Timeout => setTimeout(run, ms).unref()

  const slice = (): void => {
    timer = undefined
    tellSome(maxPerSlice)
    if (telling.size > 0) timer = later(slice, SLICE_PAUSE_MS)
    else if (waiting.size > 0) timer = later(turn, intervalMs)
  }

  const swap = (): void => {
    const told = telling
    telling = waiting
    waiting = told
  }

  const turn = (): void => {
    swap()
    slice()
  }

  const mark = (deviceId: DeviceId): void => {
    if (!running) return
    waiting.add(deviceId)
    timer ??= later(turn, intervalMs)
  }

  return {
    committed: (readings) => {
      for (const { deviceId, boot, seq } of readings) if (boot !== null && seq !== null) mark(deviceId)
    },
    resent: mark,
    subscribed: (filters) => {
      if (!running) return
      for (const filter of filters) {
        const deviceId = filter.startsWith(ACKS) ? parseDeviceId(filter.slice(ACKS.length)) : undefined
        if (deviceId !== undefined) tell(deviceId)
      }
    },
    start: () => {
      running = true
    },
    stop: () => {
      clearTimeout(timer)
      timer = undefined
      running = false
      tellSome(telling.size)
      swap()
      tellSome(telling.size)
    },
  }
}
