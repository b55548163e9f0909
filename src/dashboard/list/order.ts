/** Which devices the list shows, and in which order. Pure. */
import type { Device, Link } from '../answers.ts'
import { linkAt } from '../fleet-merge.ts'
import { latestValues } from '../format/latest-values.ts'

/** A column to sort by: one of these, or `metric:temperature`. */
export type SortKey = 'name' | 'link' | 'lastSeen' | 'signal' | `metric:${string}`

export interface Sort {
  readonly key: SortKey
  readonly descending: boolean
}

export interface Filter {
  /** Words that must all be in the name, id or type; any case. */
  readonly search: string
  readonly link: Link | 'all'
}

export const EVERYTHING: Filter = { search: '', link: 'all' }

const NAMES = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** Ids by name, `board-2` before `board-10`: what equals are ordered by. */
export const byName = (devices: readonly Device[]): readonly Device[] =>
  [...devices].sort((a, b) => NAMES.compare(a.name, b.name) || NAMES.compare(a.deviceId, b.deviceId))

const LINK_ORDER: { readonly [link in Link]: number } = { offline: 0, silent: 1, connected: 2 }
/** Ages that are about the same count as equal: a list of live boards would never come to rest. */
const SAME_AGE_MS = 10_000

/** Undefined: has none, and comes last either way. */
const keyOf = (device: Device, key: SortKey, now: number): number | undefined => {
  if (key === 'link') return LINK_ORDER[linkAt(device, now)]
  if (key === 'lastSeen') return Math.floor((now - device.lastSeen) / SAME_AGE_MS)
  if (key === 'signal') return device.wifiRssi ?? undefined
  const metric = key.slice('metric:'.length)
  return latestValues(device.latest).find(([name]) => name === metric)?.[1]
}

/** `named`: in the order of `byName`. */
export const sorted = (
  named: readonly Device[],
  { key, descending }: Sort,
  now: number,
): readonly Device[] => {
  if (key === 'name') return descending ? [...named].reverse() : named
  const keyed = named.map((device, rank) => ({ device, rank, key: keyOf(device, key, now) }))
  keyed.sort((a, b) => {
    if (a.key === b.key) return a.rank - b.rank
    if (a.key === undefined) return 1
    if (b.key === undefined) return -1
    return descending ? b.key - a.key : a.key - b.key
  })
  return keyed.map(({ device }) => device)
}

const textOf = ({ deviceId, name, type }: Device): string => `${name} ${deviceId} ${type}`.toLowerCase()

export const matches = (device: Device, { search, link }: Filter, now: number): boolean => {
  if (link !== 'all' && linkAt(device, now) !== link) return false
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return true
  const text = textOf(device)
  return words.every((word) => text.includes(word))
}

export type LinkCounts = { readonly [link in Link | 'all']: number }

export const countLinks = (devices: readonly Device[], now: number): LinkCounts => {
  const counts = { all: devices.length, connected: 0, silent: 0, offline: 0 }
  for (const device of devices) counts[linkAt(device, now)] += 1
  return counts
}
