/** What goes wrong on boards of the field, one kind at a time. */
import type { Random } from './random.ts'

export type Fault =
  /** Sent in place of the reading, whose number is spent with it. */
  | { readonly kind: 'payload'; readonly payload: unknown }
  /** The reading is lost on the board: a gap in `seq`. */
  | { readonly kind: 'silent' }
  /** The connection breaks. */
  | { readonly kind: 'drop' }

type Body = { readonly [field: string]: unknown }

const PAYLOADS: readonly ((body: Body, random: Random) => unknown)[] = [
  // A buffer that was not ended, printf without its argument, a sensor that is not there.
  (body) => JSON.stringify(body).slice(0, -9),
  (body) => JSON.stringify(body).replace(/"up":\d+/, '"up":%lu'),
  () => 'nan',
  (body) => JSON.stringify({ ...body, temperature: 0 }).replace('"temperature":0', '"temperature":nan'),
  // Wrong types.
  (body) => ({ ...body, temperature: 'warm' }),
  (body) => ({ ...body, humidity: { value: 41 } }),
  (body) => ({ ...body, seq: -1 }),
  (body) => ({ ...body, up: 'a while' }),
  // Another board's name, from a sketch that was copied.
  (body) => ({ ...body, deviceId: 'sim-copied-sketch' }),
  () => [],
  (_body, random) => String.fromCharCode(...Array.from({ length: 24 }, () => 33 + Math.floor(random() * 90))),
]

/** One fault: half of them bad payloads, else lost readings and broken connections. */
export const faultOf = (body: Body, random: Random): Fault => {
  const dice = random()
  if (dice < 0.38) return { kind: 'silent' }
  if (dice < 0.44) return { kind: 'drop' }
  const payload = PAYLOADS[Math.floor(random() * PAYLOADS.length)]
  return { kind: 'payload', payload: payload?.(body, random) ?? 'nan' }
}
