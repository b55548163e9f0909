/**
 * The devices, one signal each, so that a row is drawn anew only when its own device has changed. Fed by the overview
 * and by what is heard live; however much that is, signals change once a frame.
 */
import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Device, OverviewAnswer } from './answers.ts'
import { createConflation } from './conflation.ts'
import { unknownDevice, withLatest, withOverview, withStatus } from './fleet-merge.ts'
import { deviceIn, readLatest, readStatus } from './live/payloads.ts'

/** Hears of every new value of a device that reaches the page: without live values those of each overview. */
export type DeviceListener = (device: Device) => void

export interface Fleet {
  /** All ids; a new list only when devices come or go. Undefined until the first overview. */
  readonly ids: ReadonlySignal<readonly string[] | undefined>
  /** Rises by one with every update. */
  readonly revision: ReadonlySignal<number>
  /** Follows one device, known or not. */
  device(id: string): ReadonlySignal<Device | undefined>
  /** All devices as they are now. */
  all(): readonly Device[]
  onLatest(listener: DeviceListener): () => void
  /** Before an overview is asked for: what is heard from now on counts beside it. */
  overviewAsked(): void
  takeOverview(answer: OverviewAnswer): void
  takeLatest(topic: string, payload: Uint8Array): void
  takeStatus(topic: string, payload: Uint8Array): void
  clear(): void
}

interface FleetDeps {
  readonly schedule: (run: () => void) => void
  /** By the server's clock. */
  readonly now: () => number
  /** A device is heard of that no overview held. */
  readonly discovered: () => void
}

export const createFleet = ({ schedule, now, discovered }: FleetDeps): Fleet => {
  const ids = signal<readonly string[] | undefined>(undefined)
  const revision = signal(0)
  const signals = new Map<string, Signal<Device | undefined>>()
  const listeners = new Set<DeviceListener>()
  let known = new Map<string, Device>()
  let heard = new Set<string>()

  const signalOf = (id: string): Signal<Device | undefined> => {
    const there = signals.get(id)
    if (there !== undefined) return there
    const made = signal(known.get(id))
    signals.set(id, made)
    return made
  }

  const conflation = createConflation<Device>({
    schedule,
    apply: (changes) =>
      batch(() => {
        const isNew = ids.peek() !== undefined && [...changes.keys()].some((id) => !known.has(id))
        for (const [id, device] of changes) {
          known.set(id, device)
          signalOf(id).value = device
        }
        if (isNew) {
          ids.value = [...known.keys()]
          discovered()
        }
        revision.value += 1
      }),
  })

  /** With what has not been drawn yet. */
  const newestOf = (id: string): Device => conflation.pending(id) ?? known.get(id) ?? unknownDevice(id)

  const tell = (device: Device): void => {
    for (const listener of listeners) listener(device)
  }

  return {
    ids,
    revision,
    device: signalOf,
    all: () => [...known.values()],
    onLatest: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    overviewAsked: () => {
      heard = new Set()
    },
    takeOverview: (answer) => {
      conflation.flush()
      const next = new Map(withOverview(known, answer, heard))
      batch(() => {
        const isSame =
          next.size === known.size &&
          ids.peek() !== undefined &&
          [...next.keys()].every((id) => known.has(id))
        for (const id of known.keys()) if (!next.has(id)) signalOf(id).value = undefined
        const before = known
        known = next
        for (const [id, device] of next) {
          signalOf(id).value = device
          if (device.latest?.ts !== before.get(id)?.latest?.ts) tell(device)
        }
        if (!isSame) ids.value = [...next.keys()]
        revision.value += 1
      })
    },
    takeLatest: (topic, payload) => {
      const latest = readLatest(payload)
      if (latest === undefined) return
      const id = deviceIn(topic)
      heard.add(id)
      const before = newestOf(id)
      const after = withLatest(before, latest)
      if (after === before) return
      conflation.add(id, after)
      tell(after)
    },
    takeStatus: (topic, payload) => {
      const told = readStatus(payload)
      if (told === undefined) return
      const id = deviceIn(topic)
      // Retained ones outlive their devices: of a device that nobody knows the overview is asked.
      if (!known.has(id) && conflation.pending(id) === undefined) {
        if (told.status === 'online' && ids.peek() !== undefined) discovered()
        return
      }
      const before = newestOf(id)
      const after = withStatus(before, told.status, told.at ?? now())
      if (after !== before) conflation.add(id, after)
    },
    clear: () => {
      conflation.flush()
      batch(() => {
        known = new Map()
        for (const one of signals.values()) one.value = undefined
        ids.value = undefined
      })
    },
  }
}
