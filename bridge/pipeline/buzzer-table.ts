/**
 * The buzzers in memory, one state machine a device, and what their changes cause: a row to write, an event to
 * tell. Bounded: over the bound the longest unused go that have nothing pending, those not stored yet last; when
 * all that are left have a request pending there may be ten times the bound, and past that no new ones.
 */
import type { BuzzerRequest } from '../core/buzzer.ts'
import { mergeBuzzer } from '../core/buzzer-merge.ts'
import {
  type BuzzerInput,
  type BuzzerState,
  IDLE,
  isOver,
  lapsed,
  pendingOf,
  restoredBuzzer,
  stepBuzzer,
} from '../core/buzzer-state.ts'
import { BridgeError } from '../core/errors.ts'
import type { DeviceId } from '../core/reading.ts'
import type { BridgeEmitter } from '../events.ts'
import type { BuzzerHistory } from './buzzer-history.ts'
import { evictUnused } from './second-chance.ts'

export interface BuzzerEntry {
  readonly deviceId: DeviceId
  state: BuzzerState
  /** Used since room was last made. */
  touched: boolean
}

export interface BuzzerTable {
  get(deviceId: DeviceId): BuzzerEntry | undefined
  /** The entry whose newest request this is. */
  byRequest(requestId: number): BuzzerEntry | undefined
  /** The entry of a device, made when there is none. Throws STORE_UNAVAILABLE when the table is full. */
  admit(deviceId: DeviceId): BuzzerEntry
  /** Tells an entry what happened, and that time passed before. */
  tell(entry: BuzzerEntry, input: BuzzerInput): void
  /** Notes a change of a request that is no entry's newest. */
  changed(request: BuzzerRequest): void
  /** Takes in a stored request that is pending; one that another came after, or whose time is over, lapses. */
  restore(request: BuzzerRequest, now: number): void
  /** Takes over what another node knows of a buzzer, and stores. */
  learn(deviceId: DeviceId, heard: BuzzerState, now: number): void
  /** Lets requests lapse whose time is over. */
  sweep(now: number): void
  readonly size: number
  readonly pending: number
}

export interface BuzzerTableDeps {
  readonly history: BuzzerHistory
  readonly events: BridgeEmitter
  /** Told of entries that went for want of room. */
  readonly onEvicted: (deviceId: DeviceId) => void
  /** Told of each change of a state; absent: there are no other nodes. */
  readonly onState?: ((entry: BuzzerEntry) => void) | undefined
}

const PENDING_FACTOR = 10

/** An empty table. */
export const createBuzzerTable = (deps: BuzzerTableDeps, maxDevices: number): BuzzerTable => {
  const { history, events } = deps
  const entries = new Map<DeviceId, BuzzerEntry>()
  const byRequest = new Map<number, BuzzerEntry>()
  const pending = new Set<BuzzerEntry>()
  let roomAt = maxDevices

  const makeRoom = (): void => {
    // A tenth at a time: to look for room at each new device would be slow.
    const enough = (): boolean => entries.size <= maxDevices * 0.9
    const isDone = ({ state }: BuzzerEntry): boolean => pendingOf(state) === undefined
    const isStored = (entry: BuzzerEntry): boolean =>
      isDone(entry) &&
      (entry.state.request === undefined || history.get(entry.state.request.id) === undefined)
    const gone = ({ deviceId, state }: BuzzerEntry): void => {
      if (state.request !== undefined) byRequest.delete(state.request.id)
      deps.onEvicted(deviceId)
    }
    evictUnused(entries, enough, isStored, gone)
    evictUnused(entries, enough, isDone, gone)
    roomAt = Math.max(maxDevices, Math.ceil(entries.size * 1.1))
  }

  const changed = (request: BuzzerRequest): void => {
    history.add(request)
    if (request.status === 'completed') events.emit('buzzer:completed', { request })
  }

  /** False when the request is the same as before. */
  const adopt = (entry: BuzzerEntry, state: BuzzerState): boolean => {
    const before = entry.state.request
    entry.state = state
    if (state.request === undefined || state.request === before) return false
    if (before !== undefined && before.id !== state.request.id) byRequest.delete(before.id)
    byRequest.set(state.request.id, entry)
    if (state.request.status === 'pending') pending.add(entry)
    else pending.delete(entry)
    return true
  }

  const put = (entry: BuzzerEntry, state: BuzzerState): void => {
    if (adopt(entry, state) && state.request !== undefined) changed(state.request)
    deps.onState?.(entry)
  }

  const step = (entry: BuzzerEntry, input: BuzzerInput): void => {
    const state = stepBuzzer(entry.state, input)
    if (state !== entry.state) put(entry, state)
  }

  const tell = (entry: BuzzerEntry, input: BuzzerInput): void => {
    entry.touched = true
    if (entry.state.request?.status === 'pending') step(entry, { type: 'time', now: input.now })
    step(entry, input)
  }

  const admit = (deviceId: DeviceId): BuzzerEntry => {
    const known = entries.get(deviceId)
    if (known !== undefined) return known
    if (entries.size >= roomAt) makeRoom()
    if (entries.size >= maxDevices * PENDING_FACTOR) {
      throw new BridgeError('STORE_UNAVAILABLE', 'Too many devices have a buzzer request pending')
    }
    const entry: BuzzerEntry = { deviceId, state: IDLE, touched: true }
    entries.set(deviceId, entry)
    return entry
  }

  const restore = (request: BuzzerRequest, now: number): void => {
    const known = entries.get(request.deviceId)?.state.request
    // It was changed since it was read, and is not stored yet.
    if (known?.id === request.id || history.get(request.id) !== undefined) return
    const isFull = entries.size >= maxDevices * PENDING_FACTOR
    if (known !== undefined || isFull || isOver(request, now)) return changed(lapsed(request, now))
    const entry = admit(request.deviceId)
    entry.state = restoredBuzzer(request)
    byRequest.set(request.id, entry)
    pending.add(entry)
  }

  const learn = (deviceId: DeviceId, heard: BuzzerState, now: number): void => {
    const isFull = entries.size >= maxDevices * PENDING_FACTOR
    if (isFull && !entries.has(deviceId)) return
    const entry = admit(deviceId)
    const { request } = entry.state
    const merged = mergeBuzzer(entry.state, heard)
    if (merged === entry.state) {
      // Two nodes were asked at the same time: the older request gives way, there as well.
      if (heard.request?.status === 'pending' && heard.request.id !== request?.id) deps.onState?.(entry)
      return
    }
    entry.touched = true
    adopt(entry, merged)
    if (request?.status === 'pending' && merged.request?.id !== request.id) changed(lapsed(request, now))
  }

  return {
    get: (deviceId) => entries.get(deviceId),
    byRequest: (requestId) => byRequest.get(requestId),
    admit,
    tell,
    changed,
    restore,
    learn,
    sweep: (now) => {
      roomAt = Math.max(maxDevices, Math.ceil(pending.size * 1.1))
      for (const entry of pending) step(entry, { type: 'time', now })
    },
    get size() {
      return entries.size
    },
    get pending() {
      return pending.size
    },
  }
}
