/** What the lines of the table of intended differences are made of. Pure, but for the clock of `ms`. */
import type { Recording } from './recordings.ts'
import type { Intended } from './replay-table.ts'

export const int = (value: unknown): boolean => Number.isInteger(value)
/** An epoch time of this run, in ms. */
export const ms = (value: unknown): boolean => int(value) && Math.abs(Number(value) - Date.now()) < 600_000
export const text = (value: unknown): boolean => typeof value === 'string' && value !== ''
export const iso = (value: unknown): boolean => typeof value === 'string' && ms(Date.parse(value))
export const share = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1
export const length = (value: unknown): boolean => int(Number(value)) && Number(value) > 0
export const object = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const withIds = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => text(entry.deviceId) && text(entry.status))

/** One line: on which exchange, at which path, what we answer, which section says so. */
export const line = (on: string | RegExp, at: string, ours: unknown, says: string): Intended => ({
  on,
  at,
  ours,
  says,
})

/** What the older backend spread over the answer as the insides of its database library. */
export const hoisted = (recording: Recording): Recording => {
  const { dataValues, responseTime, ...rest } = recording.response.body as Record<string, object>
  const body = { success: rest.success, ...dataValues, responseTime }
  const volatile = recording.volatile.map((path) => path.replace('.dataValues.', '.'))
  return { ...recording, volatile, response: { ...recording.response, body } }
}
/** `errors` came first there; the intended body has it last but one. */
export const errorsLast = (recording: Recording): Recording => {
  const { errors, responseTime, ...rest } = recording.response.body as Record<string, unknown>
  return { ...recording, response: { ...recording.response, body: { ...rest, errors, responseTime } } }
}

type Profile = (on: string | RegExp, says: string) => readonly Intended[]

const profile =
  (cacheControl: unknown, pragma: unknown, expires: unknown): Profile =>
  (on, says) => [
    line(on, 'header cache-control', cacheControl, says),
    line(on, 'header pragma', pragma, says),
    line(on, 'header expires', expires, says),
  ]

/** The three headers of the no-store profile, where there was another. */
export const noStore = profile('no-cache, no-store, must-revalidate', 'no-cache', '0')
/** None of the three, where they were. */
export const plain = profile(undefined, undefined, undefined)
