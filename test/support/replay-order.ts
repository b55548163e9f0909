/** Which entries of a list stand in another place than they did. Pure. */

/** Length of the longest ascending run that ends at each index. */
const runLengths = (places: readonly number[]): readonly number[] => {
  const lengths: number[] = []
  for (const [index, place] of places.entries()) {
    const before = lengths.filter((_, other) => (places[other] ?? 0) < place)
    lengths[index] = 1 + Math.max(0, ...before)
  }
  return lengths
}

/** Of entries found at `places`, the indexes of those that are not in a longest ascending run: they have moved. */
export const movedOf = (places: readonly number[]): readonly number[] => {
  const lengths = runLengths(places)
  let wanted = Math.max(0, ...lengths)
  let limit = Number.POSITIVE_INFINITY
  const stay = new Set<number>()
  for (let index = places.length - 1; index >= 0; index -= 1) {
    const place = places[index] ?? 0
    if (lengths[index] !== wanted || place >= limit) continue
    stay.add(index)
    wanted -= 1
    limit = place
  }
  return places.map((_, index) => index).filter((index) => !stay.has(index))
}
