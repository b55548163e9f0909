/** The fields of a reading that have no column of their own, and those that name its device. */
import { copyCustom, customFault, type JsonObject } from './custom.ts'
import { badValue, cut, type Draft } from './draft.ts'
import type { Rejection } from './rejection.ts'
import { wellFormed } from './well-formed.ts'

const customOf = (draft: Draft): JsonObject => {
  draft.custom ??= Object.create(null) as JsonObject
  return draft.custom
}

export const takeCustom = (draft: Draft, key: string, value: unknown): Rejection | undefined => {
  const fault = customFault(value)
  if (fault === 'too-many-custom') return { reason: fault, detail: `${cut(key)} is nested too deep` }
  if (fault !== undefined) return badValue(key, 'JSON with finite numbers', value)
  customOf(draft)[wellFormed(key)] = copyCustom(value)
  return undefined
}

/** The older contract's `customData`: its keys are custom keys; one of the reading's own wins over it. */
export const takeCustomData = (draft: Draft, value: unknown): Rejection | undefined => {
  if (value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) return takeCustom(draft, 'customData', value)
  for (const key in value) {
    if (draft.custom !== null && wellFormed(key) in draft.custom) continue
    const problem = takeCustom(draft, key, (value as { readonly [key: string]: unknown })[key])
    if (problem !== undefined) return problem
  }
  return undefined
}

/** True for what can be compared with a device id. */
export const isIdLike = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number'

/** The id was compared before; a second name beside it (`deviceId` and another `id`) is kept as custom. */
export const takeId = (draft: Draft, key: string, value: unknown): Rejection | undefined => {
  if (value === null || (isIdLike(value) && String(value) === draft.deviceId)) return undefined
  return takeCustom(draft, key, value)
}
