/** Chance that is the same for the same seed, so that a run can be had again: from 0 to 1, 1 left out. */
export type Random = () => number

/** Mulberry32: 32 bits of state, good enough for weather. */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** About the normal distribution with deviation 1. */
export const normal = (random: Random): number => random() + random() + random() + random() - 2

/** Hexadecimal digits. */
export const hex = (random: Random, digits: number): string => {
  let text = ''
  while (text.length < digits) text += Math.floor(random() * 16).toString(16)
  return text
}
