/** What the list is to remember from one visit to the next; a browser that keeps nothing is no trouble. */
import type { KeyStore } from '../session.ts'
import type { Sort } from './order.ts'

const KEY = 'sluice.list'
const PLAIN: readonly string[] = ['name', 'link', 'lastSeen', 'signal']

export const DEFAULT_SORT: Sort = { key: 'name', descending: false }

const isSort = (value: unknown): value is Sort => {
  if (typeof value !== 'object' || value === null) return false
  const { key, descending } = value as { readonly [field: string]: unknown }
  return (
    typeof key === 'string' &&
    typeof descending === 'boolean' &&
    (PLAIN.includes(key) || key.startsWith('metric:'))
  )
}

export const rememberedSort = (storage: Pick<KeyStore, 'getItem'>): Sort => {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? 'null')
    return isSort(kept) ? kept : DEFAULT_SORT
  } catch {
    return DEFAULT_SORT
  }
}

export const rememberSort = (storage: Pick<KeyStore, 'setItem'>, sort: Sort): void => {
  try {
    storage.setItem(KEY, JSON.stringify(sort))
  } catch {
    // Full, or not allowed.
  }
}
