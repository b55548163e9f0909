import type { BuzzerRequest } from '../core/buzzer.ts'
import type { DeviceId } from '../core/reading.ts'
import type { BuzzerStore, Clock } from '../ports.ts'

export interface MemoryBuzzerOptions {
  readonly clock?: Clock
  /** Requests kept; over that the oldest is forgotten. */
  readonly maxRequests?: number
}

/**
 * Buzzer history in memory: for running without a database, and for tests. Ids begin at the clock in ms, so that
 * one that a board still holds from before a restart is not given to another request.
 */
export const createMemoryBuzzer = (options: MemoryBuzzerOptions = {}): BuzzerStore => {
  const { clock = Date.now, maxRequests = 100_000 } = options
  const requests = new Map<number, BuzzerRequest>()
  const newest = new Map<DeviceId, number>()
  let nextId = 0
  let highest = 0

  const forgetOldest = (): void => {
    for (const { id, deviceId } of requests.values()) {
      requests.delete(id)
      if (newest.get(deviceId) === id) newest.delete(deviceId)
      return
    }
  }

  return {
    reserveIds: async (count, above) => {
      const first = Math.max(nextId, highest + 1, above + 1, clock())
      nextId = first + count
      return first
    },
    upsert: async (changed) => {
      for (const request of changed) {
        if (requests.get(request.id)?.status === 'completed') continue
        requests.set(request.id, request)
        highest = Math.max(highest, request.id)
        newest.set(request.deviceId, Math.max(request.id, newest.get(request.deviceId) ?? 0))
        if (requests.size > maxRequests) forgetOldest()
      }
    },
    get: async (requestId) => requests.get(requestId),
    newest: async (deviceId) => requests.get(newest.get(deviceId) ?? 0),
    pending: async (sinceMs) =>
      [...requests.values()].filter(
        ({ status, requestedAt }) => status === 'pending' && requestedAt >= sinceMs,
      ),
  }
}
