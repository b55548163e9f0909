/**
 * What one CONNECT costs of the connect rate: more while the event loop is busy, so that those who are connected are
 * served first. A fleet that comes back to an idle broker is let in at the full rate; strangers who connect without
 * end get a quarter of it once what they do fills the time there is.
 */
import { performance } from 'node:perf_hooks'

const EVERY_MS = 100
/** Up to this part of the time … */
const CALM = 0.3
/** … and from this one on. */
const BUSY = 0.7
const MOST = 4

/** Measured anew every 100 ms at most. `utilizationSince`: for tests. */
export const createConnectCost = (
  now: () => number = () => performance.now(),
  elu: typeof performance.eventLoopUtilization = performance.eventLoopUtilization.bind(performance),
): { cost(): number } => {
  let last = elu()
  let at = now()
  let cost = 1
  return {
    cost: () => {
      if (now() - at < EVERY_MS) return cost
      const current = elu()
      const { utilization } = elu(current, last)
      cost = 1 + (MOST - 1) * Math.min(1, Math.max(0, (utilization - CALM) / (BUSY - CALM)))
      last = current
      at = now()
      return cost
    },
  }
}
