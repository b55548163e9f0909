/** Bytes of a packet, spoilt. */
import fc from 'fast-check'

export type Mutation =
  | { readonly kind: 'none' }
  | { readonly kind: 'flip'; readonly at: readonly number[]; readonly bit: number }
  | { readonly kind: 'truncate' | 'splice' | 'repeat'; readonly at: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'length'; readonly length: readonly number[] }
  | { readonly kind: 'random'; readonly bytes: Uint8Array }

/** Lengths that are no length, or not that of the packet: none, short, at each edge of 1 to 4 bytes, and 5 bytes. */
const LENGTHS: readonly (readonly number[])[] = [
  [0],
  [1],
  [2],
  [0x7f],
  [0x80, 0x01],
  [0xff, 0x7f],
  [0x80, 0x80, 0x01],
  [0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x0a],
  [0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x00],
  [0x80, 0x00],
]

const place = fc.double({ min: 0, max: 1, noNaN: true })

/** Spoils a packet for sure, though some of these change nothing of a short one. */
export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({
    kind: fc.constant('flip' as const),
    at: fc.array(place, { minLength: 1, maxLength: 4 }),
    bit: fc.nat(7),
  }),
  fc.record({ kind: fc.constantFrom('truncate' as const, 'splice', 'repeat'), at: place }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  }),
  fc.record({ kind: fc.constant('length' as const), length: fc.constantFrom(...LENGTHS) }),
  fc.record({ kind: fc.constant('random' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }) }),
)

/** Where the remaining length ends, which begins at byte 1. */
const endOfLength = (bytes: Uint8Array): number => {
  let at = 1
  while (at < 5 && ((bytes[at] ?? 0) & 0x80) !== 0) at += 1
  return at + 1
}

const flipped = (bytes: Uint8Array, places: readonly number[], bit: number): Buffer => {
  const changed = Buffer.from(bytes)
  for (const each of places) {
    const at = Math.min(changed.length - 1, Math.floor(each * changed.length))
    changed[at] = (changed[at] ?? 0) ^ (1 << bit)
  }
  return changed
}

/** `other`: another packet, of which a part is put into this one. */
export const mutate = (bytes: Buffer, other: Buffer, how: Mutation): Buffer => {
  const cut = (of: Buffer, at: number): number => Math.floor(at * of.length)
  switch (how.kind) {
    case 'none':
      return bytes
    case 'flip':
      return flipped(bytes, how.at, how.bit)
    case 'truncate':
      return bytes.subarray(0, cut(bytes, how.at))
    case 'splice':
      return Buffer.concat([bytes.subarray(0, cut(bytes, how.at)), other.subarray(cut(other, how.at))])
    case 'repeat':
      return Buffer.concat([bytes, bytes.subarray(cut(bytes, how.at)), bytes])
    case 'insert': {
      const at = cut(bytes, how.at)
      return Buffer.concat([bytes.subarray(0, at), how.bytes, bytes.subarray(at)])
    }
    case 'length':
      return Buffer.concat([
        bytes.subarray(0, 1),
        Buffer.from(how.length),
        bytes.subarray(endOfLength(bytes)),
      ])
    case 'random':
      return Buffer.from(how.bytes)
  }
}
