import type { SystemLoad } from '../app.ts'
import type { Performance } from '../contract/system.ts'

/** The caches with the share of questions that each answered. */
export const withHitRates = (caches: SystemLoad['caches']): Performance['caches'] =>
  Object.fromEntries(
    Object.entries(caches).map(([name, { hits, misses, size }]) => {
      const asked = hits + misses
      return [name, { hits, misses, size, hitRate: asked === 0 ? null : hits / asked }]
    }),
  )
