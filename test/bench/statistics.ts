/** The q-quantile (0–1) of ascending values, by the nearest rank; NaN when there are none. */
export const quantile = (ascending: ArrayLike<number>, q: number): number => {
  const rank = Math.ceil(q * ascending.length) - 1
  return ascending[Math.max(0, rank)] ?? Number.NaN
}

/** The median; of an even number of values the mean of the two in the middle. NaN when there are none. */
export const median = (values: readonly number[]): number => {
  const ascending = [...values].sort((a, b) => a - b)
  const middle = ascending.length / 2
  const low = ascending[Math.ceil(middle) - 1] ?? Number.NaN
  const high = ascending[Math.floor(middle)] ?? Number.NaN
  return (low + high) / 2
}
