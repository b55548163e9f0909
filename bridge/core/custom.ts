/**
 * Whatever else a board sent with a reading: any JSON, kept as it is but for what `jsonb` cannot hold. Objects
 * have no prototype, so that a key `__proto__` is just a key.
 */
import type { JsonValue } from './reading.ts'
import type { RejectionReason } from './rejection.ts'
import { wellFormed } from './well-formed.ts'

export const MAX_CUSTOM_KEYS = 64
/** Containers inside one another in one custom value: `[[1]]` is 2. */
export const MAX_CUSTOM_DEPTH = 16

export type JsonObject = { [key: string]: JsonValue }

/** Why a value cannot be kept, or undefined when it can. Never recurses deeper than the limit. */
export const customFault = (value: unknown, depth = 0): RejectionReason | undefined => {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'bad-value'
  if (typeof value !== 'object') {
    return typeof value === 'string' || typeof value === 'boolean' ? undefined : 'bad-value'
  }
  if (value === null) return undefined
  if (depth >= MAX_CUSTOM_DEPTH) return 'too-many-custom'
  return Array.isArray(value) ? arrayFault(value, depth + 1) : objectFault(value, depth + 1)
}

const arrayFault = (values: readonly unknown[], depth: number): RejectionReason | undefined => {
  for (const value of values) {
    const fault = customFault(value, depth)
    if (fault !== undefined) return fault
  }
  return undefined
}

const objectFault = (object: object, depth: number): RejectionReason | undefined => {
  for (const key in object) {
    const fault = customFault((object as { readonly [key: string]: unknown })[key], depth)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** A copy of a value that `customFault` has nothing against, its text well-formed. */
export const copyCustom = (value: unknown): JsonValue => {
  if (typeof value === 'string') return wellFormed(value)
  if (typeof value !== 'object' || value === null) return value as JsonValue
  if (Array.isArray(value)) return value.map(copyCustom)
  return copyObject(value)
}

/** As `copyCustom`, of an object. */
export const copyObject = (value: object): JsonObject => {
  const copy: JsonObject = Object.create(null)
  for (const key in value) {
    copy[wellFormed(key)] = copyCustom((value as { readonly [key: string]: unknown })[key])
  }
  return copy
}
