/**
 * Requests that are not the newest of a device in memory: asked of the store, and remembered for a while, also that
 * a device never had one.
 */
import type { BuzzerRequest } from '../core/buzzer.ts'
import { completed, isOver, lapsed } from '../core/buzzer-state.ts'
import { BridgeError } from '../core/errors.ts'
import type { DeviceId } from '../core/reading.ts'
import type { BuzzerStore, Clock, Lifecycle } from '../ports.ts'
import type { BuzzerHistory } from './buzzer-history.ts'
import type { BuzzerLink } from './buzzer-link.ts'
import type { BuzzerTable } from './buzzer-table.ts'
import { createReadCache, type ReadCacheStats } from './read-cache.ts'

export interface BuzzerLookup extends Lifecycle {
  /** The newest request of a device. Throws STORE_UNAVAILABLE. */
  newest(deviceId: DeviceId): Promise<BuzzerRequest | undefined>
  /** Completes a request: of this device only, when one is given. Throws STORE_UNAVAILABLE. */
  complete(requestId: number, of?: DeviceId): Promise<BuzzerRequest | undefined>
  stats(): ReadCacheStats
}

export interface BuzzerLookupDeps {
  readonly store: BuzzerStore
  readonly link: BuzzerLink
  readonly clock: Clock
  readonly table: BuzzerTable
  readonly history: BuzzerHistory
  readonly cache: BuzzerNewest
}

/** Stored newest requests by device; it may be that there is none. */
export type BuzzerNewest = ReturnType<typeof createBuzzerNewest>

/** An empty cache of newest requests. @param max devices */
export const createBuzzerNewest = (clock: Clock, max: number) =>
  createReadCache<{ readonly request: BuzzerRequest | undefined }>({
    name: 'buzzer',
    max,
    ttlMs: 60_000,
    clock,
  })

/** Looks at the store under way at once; more are refused. */
const MAX_FINDING = 1_000

/** A lookup behind the table. */
export const createBuzzerLookup = (deps: BuzzerLookupDeps): BuzzerLookup => {
  const { store, link, clock, table, history, cache } = deps
  const finding = new Map<number, Promise<BuzzerRequest | undefined>>()

  const fromTable = (deviceId: DeviceId): BuzzerRequest | undefined => {
    const entry = table.get(deviceId)
    if (entry === undefined) return undefined
    table.tell(entry, { type: 'time', now: clock() })
    return entry.state.request
  }

  /** A stored request that was left pending by a process long gone is shown as what it is. */
  const asOfNow = (stored: BuzzerRequest): BuzzerRequest => {
    const request = history.get(stored.id) ?? stored
    const now = clock()
    return request.status === 'pending' && isOver(request, now) ? lapsed(request, now) : request
  }

  const finish = (request: BuzzerRequest): BuzzerRequest => {
    const now = clock()
    // What is older and still pending is done with it.
    const entry = table.get(request.deviceId)
    if (entry !== undefined) table.tell(entry, { type: 'complete', now, id: request.id })
    if (request.status === 'completed') return request
    const done = completed(request, now)
    table.changed(done)
    return done
  }

  const find = async (requestId: number): Promise<BuzzerRequest | undefined> => {
    try {
      return await link.ask(() => store.get(requestId))
    } finally {
      finding.delete(requestId)
    }
  }

  /** One look at a time for an id: two that overlap must not both be the first to complete it. */
  const findOnce = (requestId: number): Promise<BuzzerRequest | undefined> => {
    const under = finding.get(requestId)
    if (under !== undefined) return under
    if (finding.size >= MAX_FINDING) {
      throw new BridgeError('STORE_UNAVAILABLE', 'Too many buzzer requests are being looked up')
    }
    const look = find(requestId)
    finding.set(requestId, look)
    return look
  }

  /** Completes a request that is in the table; undefined when it is not there, or another device's. */
  const completeKnown = (requestId: number, of?: DeviceId): BuzzerRequest | undefined => {
    const entry = table.byRequest(requestId)
    if (entry === undefined || (of ?? entry.deviceId) !== entry.deviceId) return undefined
    table.tell(entry, { type: 'complete', now: clock(), id: requestId })
    return entry.state.request
  }

  const complete = async (requestId: number, of?: DeviceId): Promise<BuzzerRequest | undefined> => {
    if (!Number.isSafeInteger(requestId) || requestId < 1) return undefined
    if (table.byRequest(requestId) !== undefined) return completeKnown(requestId, of)
    const stored = history.get(requestId) ?? (await findOnce(requestId))
    if (table.byRequest(requestId) !== undefined) return completeKnown(requestId, of)
    const request = history.get(requestId) ?? stored
    if (request === undefined || (of ?? request.deviceId) !== request.deviceId) return undefined
    return finish(request)
  }

  return {
    newest: async (deviceId) => {
      const known = fromTable(deviceId)
      if (known !== undefined) return known
      const ask = async () => ({ request: await link.ask(() => store.newest(deviceId)) })
      const { request } = await cache.wrap(deviceId, ask)
      return fromTable(deviceId) ?? (request && asOfNow(request))
    },
    complete,
    stats: cache.stats,
    start: cache.start,
    stop: cache.stop,
  }
}
