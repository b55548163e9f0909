import type { BuzzerRequest } from '../../../../bridge/core/buzzer.ts'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import type { Rejection } from '../../../../bridge/core/rejection.ts'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { type BuzzerOptions, createBuzzer } from '../../../../bridge/pipeline/buzzer.ts'
import type { BuzzerStore, Message } from '../../../../bridge/ports.ts'
import { createMemoryBuzzer } from '../../../../bridge/stores/memory-buzzer.ts'
import { id, T0 } from '../core/samples.ts'

export const DEVICE = id('esp32-1')

/** Buzzers on a store in memory that can be away, with a clock that stands still. */
export const createBuzzerRig = (options: BuzzerOptions = {}, inner?: BuzzerStore) => {
  const world = { now: T0, away: false, isThere: false }
  const memory = inner ?? createMemoryBuzzer({ clock: () => 1 })
  const asked: string[] = []
  const ask = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    asked.push(name)
    if (world.away) throw new BridgeError('STORE_UNAVAILABLE', 'away')
    return await work()
  }
  const store: BuzzerStore = {
    reserveIds: (count, above) => ask('reserveIds', () => memory.reserveIds(count, above)),
    upsert: (requests) => ask('upsert', () => memory.upsert(requests)),
    get: (requestId) => ask('get', () => memory.get(requestId)),
    newest: (deviceId) => ask('newest', () => memory.newest(deviceId)),
    pending: (sinceMs) => ask('pending', () => memory.pending(sinceMs)),
  }
  const events = createBridgeEmitter()
  const told = {
    requested: [] as BuzzerRequest[],
    completed: [] as BuzzerRequest[],
    dropped: 0,
    failed: 0,
  }
  events.on('buzzer:requested', ({ request }) => told.requested.push(request))
  events.on('buzzer:completed', ({ request }) => told.completed.push(request))
  events.on('buzzer:dropped', ({ count }) => {
    told.dropped += count
  })
  events.on('buzzer:failed', () => {
    told.failed += 1
  })
  const published: { readonly topic: string; readonly payload: unknown; readonly qos: number }[] = []
  const rejected: Rejection[] = []
  const buzzer = createBuzzer(
    {
      store,
      events,
      clock: () => world.now,
      random: () => 0,
      isThere: () => world.isThere,
      publisher: {
        publish: (topic, payload, { qos = 0 } = {}) =>
          void published.push({ topic, payload: JSON.parse(payload), qos }),
        isHeard: () => true,
      },
      reject: (_message, _deviceId, rejection, done) => {
        rejected.push(rejection)
        done()
      },
    },
    options,
  )

  /** Hands a message over; what its `done` was called with, once it was. */
  const take = (
    channel: 'buzzer-cmd' | 'buzzer-ack',
    payload: string,
    fields: Partial<Message> = {},
  ): Promise<{ readonly error?: Error | undefined; readonly payload?: string | undefined }> =>
    new Promise((resolve) => {
      const topic = `buzzer/${DEVICE}/${channel === 'buzzer-cmd' ? 'cmd' : 'ack'}`
      buzzer.take(
        { topic, payload: Buffer.from(payload), qos: 1, retain: false, ...fields },
        { channel, deviceId: DEVICE },
        (error, replaced) => resolve({ error, payload: replaced?.toString() }),
      )
    })

  return { buzzer, world, memory, asked, told, published, rejected, take }
}
