/** How the greatest number that holds is looked for: the steps upwards, then the gap halved. */
export interface SearchPlan {
  /** Ascending; tried one by one until one does not hold. */
  readonly steps: readonly number[]
  /** The gap between what holds and what does not is halved until it is no wider than this. */
  readonly resolution: number
}

export interface Found {
  /** The greatest that held; 0 when none did. */
  readonly greatest: number
  /** The smallest that did not hold; undefined when all did, and the greatest is then a lower bound. */
  readonly tooMany: number | undefined
}

/** The multiple of `resolution` nearest the middle, and strictly between both; undefined when there is none. */
export const middleOf = (low: number, high: number, resolution: number): number | undefined => {
  if (high - low <= resolution) return undefined
  const middle = Math.round((low + high) / 2 / resolution) * resolution
  return middle > low && middle < high ? middle : undefined
}

/** Supposes that what holds for a number holds for every smaller one. */
export const findGreatest = async (
  plan: SearchPlan,
  holds: (candidate: number) => Promise<boolean>,
): Promise<Found> => {
  let greatest = 0
  let tooMany: number | undefined
  for (const step of plan.steps) {
    if (!(await holds(step))) {
      tooMany = step
      break
    }
    greatest = step
  }
  while (tooMany !== undefined) {
    const middle = middleOf(greatest, tooMany, plan.resolution)
    if (middle === undefined) break
    if (await holds(middle)) greatest = middle
    else tooMany = middle
  }
  return { greatest, tooMany }
}
