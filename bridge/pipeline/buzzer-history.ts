/**
 * Carries changed requests into the store, gathered: one write at a time, each request's newest state only. While
 * the store is away they stay here, and answer for themselves. Bounded: over the bound the oldest that are done with
 * go first, and are counted.
 */
import type { BuzzerRequest } from '../core/buzzer.ts'
import { BridgeError, isBridgeError } from '../core/errors.ts'
import type { BridgeEmitter } from '../events.ts'
import type { BuzzerStore } from '../ports.ts'
import type { BuzzerLink } from './buzzer-link.ts'

export interface BuzzerHistory {
  /** Notes a request that is new or changed. */
  add(request: BuzzerRequest): void
  /** A request that is not stored yet, or not as it is now. */
  get(requestId: number): BuzzerRequest | undefined
  /** Writes what is noted, unless a write is under way or the store is away and its next attempt not due. */
  turn(): void
  /** Writes what is noted now, also to a store that was away. Never rejects: what could not be written stays noted. */
  flush(): Promise<void>
  readonly unsaved: number
}

export interface BuzzerHistoryDeps {
  readonly store: BuzzerStore
  readonly link: BuzzerLink
  readonly events: BridgeEmitter
  /** Told of requests whose rows are new in the store. */
  readonly onSaved: (requests: readonly BuzzerRequest[]) => void
}

const MAX_PER_WRITE = 1_000

/** An empty history. @param maxUnsaved requests kept while the store is away */
export const createBuzzerHistory = (deps: BuzzerHistoryDeps, maxUnsaved: number): BuzzerHistory => {
  const { store, link, events, onSaved } = deps
  const unsaved = new Map<number, BuzzerRequest>()
  let tail: Promise<void> = Promise.resolve()
  let busy = false

  const drop = (mayGo: (request: BuzzerRequest) => boolean): void => {
    // A tenth at a time: to look for the oldest at each new one would be slow.
    const before = unsaved.size
    for (const [id, request] of unsaved) {
      if (unsaved.size <= maxUnsaved * 0.9) break
      if (mayGo(request)) unsaved.delete(id)
    }
    const count = before - unsaved.size
    if (count > 0) events.emit('buzzer:dropped', { count })
  }

  const add = (request: BuzzerRequest): void => {
    unsaved.set(request.id, request)
    if (unsaved.size <= maxUnsaved) return
    drop(({ status }) => status !== 'pending')
    if (unsaved.size > maxUnsaved) drop(() => true)
  }

  const saved = (requests: readonly BuzzerRequest[]): void => {
    for (const request of requests) {
      // One that changed while it was written is written again.
      if (unsaved.get(request.id) === request) unsaved.delete(request.id)
    }
  }

  const upsert = async (requests: readonly BuzzerRequest[]): Promise<void> => {
    try {
      await link.insist(() => store.upsert(requests))
      onSaved(requests)
    } catch (error) {
      if (!isBridgeError(error, 'ROW_REFUSED')) throw error
      await apart(requests, error)
    }
    saved(requests)
  }

  /** One request that the store refuses must not keep the others from being written. */
  const apart = async (requests: readonly BuzzerRequest[], error: Error): Promise<void> => {
    if (requests.length > 1) {
      const middle = requests.length >> 1
      await upsert(requests.slice(0, middle))
      await upsert(requests.slice(middle))
      return
    }
    const text = `buzzer request ${requests[0]?.id}: ${error.message}`
    const named = new BridgeError('ROW_REFUSED', text, { cause: error })
    events.emit('bridge:error', { error: named, where: 'storing a buzzer request' })
    events.emit('buzzer:dropped', { count: 1 })
  }

  const run = async (): Promise<void> => {
    busy = true
    // Requests that change while this runs are for the next run.
    const all = [...unsaved.values()]
    try {
      for (let at = 0; at < all.length; at += MAX_PER_WRITE) await upsert(all.slice(at, at + MAX_PER_WRITE))
    } catch {
      // The link tells of it; they stay noted.
    }
    busy = false
  }

  const flush = (): Promise<void> => {
    tail = tail.then(run)
    return tail
  }

  return {
    add,
    get: (requestId) => unsaved.get(requestId),
    turn: () => {
      if (!busy && unsaved.size > 0 && link.due()) void flush()
    },
    flush,
    get unsaved() {
      return unsaved.size
    },
  }
}
