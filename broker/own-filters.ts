/**
 * What clients of this node listen to, as the other nodes are told. What changes in one turn of the event loop is
 * told together: a fleet that comes back after a power cut subscribes all at once.
 */
import type { KeptChange } from './kept-subscriptions.ts'

export interface OwnFilters {
  /** One more listener; resolves when the others know of the filter. */
  listen(filter: string): Promise<void>
  unlisten(filter: string): void
  /** Tells what changed of a kept session; resolves when the others know, of what was added. */
  keep(change: KeptChange): Promise<void>
  /** All that were told, and which change of them was the last. */
  readonly told: readonly string[]
  readonly version: number
}

export interface FilterChange {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly kept: readonly KeptChange[]
}

/** Tells the others what changed, as change `version`; resolves when they know of what was added. */
export type TellFilters = (version: number, change: FilterChange) => Promise<void>

const KNOWN: Promise<void> = Promise.resolve()

/** No filters. */
export const createOwnFilters = (tell: TellFilters): OwnFilters => {
  const counts = new Map<string, number>()
  const told = new Set<string>()
  const telling = new Map<string, Promise<void>>()
  let touched = new Set<string>()
  let kept: KeptChange[] = []
  let turn: Promise<void> | undefined
  let version = 0

  const tellChanges = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve))
    const changed = [...touched]
    touched = new Set()
    const keptNow = kept
    kept = []
    turn = undefined
    const added = changed.filter((filter) => counts.has(filter) && !told.has(filter))
    const removed = changed.filter((filter) => !counts.has(filter) && told.has(filter))
    if (added.length === 0 && removed.length === 0 && keptNow.length === 0) return
    for (const filter of added) told.add(filter)
    for (const filter of removed) told.delete(filter)
    version += 1
    const known = tell(version, { added, removed, kept: keptNow })
    for (const filter of added) telling.set(filter, known)
    await known
    for (const filter of added) if (telling.get(filter) === known) telling.delete(filter)
  }

  const touch = (filter: string): Promise<void> => {
    touched.add(filter)
    turn ??= tellChanges()
    return turn
  }

  return {
    listen: (filter) => {
      counts.set(filter, (counts.get(filter) ?? 0) + 1)
      if (told.has(filter) && !touched.has(filter)) return telling.get(filter) ?? KNOWN
      return touch(filter)
    },
    unlisten: (filter) => {
      const left = (counts.get(filter) ?? 0) - 1
      if (left > 0) return void counts.set(filter, left)
      counts.delete(filter)
      void touch(filter)
    },
    keep: (change) => {
      kept.push(change)
      turn ??= tellChanges()
      return turn
    },
    get told() {
      return [...told]
    },
    get version() {
      return version
    },
  }
}
