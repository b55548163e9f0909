/**
 * The buzzers: one state machine a device (core/buzzer-state.ts) for REST and MQTT alike. Polls and requests are
 * answered from memory; history goes to the store in batches, and what was pending is read back after a start.
 */
import type { BuzzerRequest } from '../core/buzzer.ts'
import { encodeBeep, encodeStop } from '../core/buzzer-command.ts'
import { DEFAULT_BEEP_MS, MAX_BEEP_MS, pendingOf, shownBy, WAITS_FOR_MS } from '../core/buzzer-state.ts'
import { BridgeError } from '../core/errors.ts'
import type { DeviceId } from '../core/reading.ts'
import { topics } from '../core/topic.ts'
import type { BridgeEmitter } from '../events.ts'
import type { BuzzerStore, Clock, Done, Lifecycle, Message, Publisher } from '../ports.ts'
import type { BuzzerService, NodeBus } from '../services.ts'
import { atMost } from './at-most.ts'
import { type BuzzerHandoverDeps, createBuzzerHandover } from './buzzer-handover.ts'
import { createBuzzerHistory } from './buzzer-history.ts'
import { createBuzzerIds } from './buzzer-ids.ts'
import { createBuzzerLink } from './buzzer-link.ts'
import { createBuzzerLookup, createBuzzerNewest } from './buzzer-lookup.ts'
import { type BuzzerTopic, createBuzzerMessages, type RejectMessage } from './buzzer-messages.ts'
import { createBuzzerSharing } from './buzzer-sharing.ts'
import { createBuzzerTable } from './buzzer-table.ts'
import type { ReadCacheStats } from './read-cache.ts'

export interface BuzzerDeps {
  readonly store: BuzzerStore
  readonly publisher: Publisher
  /** Absent: there are no other nodes. */
  readonly bus?: NodeBus | undefined
  readonly events: BridgeEmitter
  readonly clock: Clock
  readonly random: () => number
  readonly isThere: BuzzerHandoverDeps['isThere']
  /** What becomes of a message that cannot be read. */
  readonly reject: RejectMessage
}

export interface BuzzerOptions {
  readonly flushIntervalMs?: number
  /** How often requests are looked for whose time is over. */
  readonly sweepMs?: number
  /** Devices in memory that have nothing pending. */
  readonly maxDevices?: number
  /** Requests kept while they cannot be stored. */
  readonly maxUnsaved?: number
  /** How long a command over MQTT may wait for an id: an external broker gets its acks in order, so it holds up everybody. */
  readonly idsWithinMs?: number
}

export interface BuzzerStats {
  readonly devices: number
  readonly pending: number
  /** Requests not stored yet. */
  readonly unsaved: number
  /** Ids at hand. */
  readonly ids: number
  /** What was pending before the start has been read back. */
  readonly loaded: boolean
  /** The store answered last time. */
  readonly available: boolean
  readonly cache: ReadCacheStats
}

export interface Buzzer extends BuzzerService, Lifecycle {
  /** Takes a message of a buzzer topic; `done` as in `Intake`. */
  take(message: Message, topic: BuzzerTopic, done: Done): void
  stats(): BuzzerStats
}

/** How long a start waits for ids and for what was pending; they come later when the store is away. */
const START_WAITS_MS = 1_000

/** Buzzers without a past. They work before `start` as well, which reads back what was pending and begins to store. */
export const createBuzzer = (deps: BuzzerDeps, options: BuzzerOptions = {}): Buzzer => {
  const { store, publisher, events, clock } = deps
  const { flushIntervalMs = 150, sweepMs = 1_000, maxDevices = 10_000, maxUnsaved = 10_000 } = options
  const { idsWithinMs = 2_000 } = options
  const link = createBuzzerLink(deps)
  const handover = createBuzzerHandover(deps)
  const ids = createBuzzerIds({ store, link })
  const cache = createBuzzerNewest(clock, maxDevices)
  const onSaved = (requests: readonly BuzzerRequest[]): void => {
    for (const { deviceId } of requests) cache.delete(deviceId)
  }
  const history = createBuzzerHistory({ store, link, events, onSaved }, maxUnsaved)
  const sharing = deps.bus && createBuzzerSharing(deps.bus)
  const table = createBuzzerTable(
    { history, events, onEvicted: cache.delete, onState: sharing?.tell },
    maxDevices,
  )
  const lookup = createBuzzerLookup({ store, link, clock, table, history, cache })
  let timers: readonly NodeJS.Timeout[] = []
  let loading: Promise<void> | undefined
  let loaded = false
  let stopped: Promise<void> | undefined

  const tryRequest = (
    deviceId: DeviceId,
    wish: { readonly durationMs: number; readonly expiresAt: number },
  ): BuzzerRequest | undefined => {
    if (stopped !== undefined) throw new BridgeError('STOPPING', 'Sluice is stopping')
    const now = clock()
    const entry = table.admit(deviceId)
    table.tell(entry, { type: 'time', now })
    const pending = pendingOf(entry.state)
    const id = pending?.id ?? ids.take()
    if (id === undefined) return undefined
    table.tell(entry, { type: 'request', id, deviceId, now, ...wish })
    const { request } = entry.state
    if (request !== undefined) handover.note(request, now)
    if (pending === undefined && request !== undefined) events.emit('buzzer:requested', { request })
    return request
  }

  const cancel = (deviceId: DeviceId): BuzzerRequest | undefined => {
    const entry = table.get(deviceId)
    if (entry === undefined) return undefined
    const now = clock()
    table.tell(entry, { type: 'time', now })
    if (pendingOf(entry.state) === undefined) return undefined
    table.tell(entry, { type: 'cancel', now })
    return entry.state.request
  }

  const ack = (deviceId: DeviceId): void => {
    const entry = table.get(deviceId)
    if (entry !== undefined) table.tell(entry, { type: 'ack', now: clock() })
  }

  const messages = createBuzzerMessages({
    ...deps,
    tryRequest,
    fillIds: ids.fill,
    idsWithinMs,
    cancel,
    ack,
    complete: lookup.complete,
  })

  const load = async (): Promise<void> => {
    try {
      const stored = await link.ask(() => store.pending(0))
      // The newest of each device first: those before it lapse.
      for (const request of stored.toSorted((a, b) => b.id - a.id)) table.restore(request, clock())
      loaded = true
    } catch {
      // The link tells of it; `turn` tries again.
    }
    loading = undefined
  }

  const turn = (): void => {
    if (!loaded && link.due()) loading ??= load()
    ids.turn()
    history.turn()
  }

  const stopOnce = async (): Promise<void> => {
    for (const timer of timers) clearInterval(timer)
    timers = []
    sharing?.stop()
    await lookup.stop()
    await history.flush()
  }

  return {
    request: async (deviceId, { durationMs = DEFAULT_BEEP_MS } = {}) => {
      const beepMs = Math.min(MAX_BEEP_MS, Math.max(1, Math.round(durationMs)))
      for (;;) {
        const request = tryRequest(deviceId, { durationMs: beepMs, expiresAt: clock() + WAITS_FOR_MS })
        if (request !== undefined) {
          publisher.publish(topics.command(deviceId), encodeBeep(request), { qos: 1 })
          return request
        }
        await ids.fill()
      }
    },
    cancel: async (deviceId) => {
      const request = cancel(deviceId)
      if (request !== undefined) publisher.publish(topics.command(deviceId), encodeStop(request), { qos: 1 })
      return request
    },
    poll: (deviceId) => {
      const entry = table.get(deviceId)
      if (entry === undefined) return undefined
      entry.touched = true
      if (entry.state.phase === 'idle') return undefined
      table.tell(entry, { type: 'poll', now: clock() })
      return shownBy(entry.state)
    },
    complete: (requestId, of) => lookup.complete(requestId, of),
    newest: lookup.newest,
    handedOverAt: handover.at,
    take: messages.take,
    stats: () => ({
      devices: table.size,
      pending: table.pending,
      unsaved: history.unsaved,
      ids: ids.left,
      loaded,
      available: !link.down,
      cache: lookup.stats(),
    }),
    start: async () => {
      if (timers.length > 0 || stopped !== undefined) return
      timers = [setInterval(turn, flushIntervalMs), setInterval(() => table.sweep(clock()), sweepMs)]
      for (const timer of timers) timer.unref()
      sharing?.start((deviceId, heard) => table.learn(deviceId, heard, clock()))
      await lookup.start()
      turn()
      await atMost(START_WAITS_MS, Promise.allSettled([loading, ids.left > 0 ? undefined : ids.fill()]))
    },
    stop: () => {
      stopped ??= stopOnce()
      return stopped
    },
  }
}
