/**
 * Limits that hold for all nodes together, nearly: a request is counted here and at once, as on a node that is alone,
 * and twice a second the nodes tell each other what the busy keys did since. So a client may get through a little more
 * than its limit, by what it does in half a second; most clients are never near it, and nothing is told of them.
 */
import type { NodeBus } from '../../../bridge/index.ts'
import type { Limiter } from './limiter.ts'

const EVERY_MS = 500
/** From this share of its limit on a key is told of. */
const BUSY_SHARE = 0.1

/** Shares the counts of this limiter under `kind`. Returns its own end. */
export const shareLimits = (
  bus: NodeBus,
  kind: string,
  { take, add }: Limiter,
  max: number,
): {
  readonly take: Limiter['take']
  readonly end: () => void
} => {
  /** Of each key that is busy, what was not told yet. */
  let untold = new Map<string, number>()
  const endHearing = bus.listen(kind, (body) => {
    for (const [key, count] of JSON.parse(body) as readonly (readonly [string, number])[]) add(key, count)
  })
  const tell = (): void => {
    if (untold.size === 0) return
    bus.tell(kind, JSON.stringify([...untold]))
    untold = new Map()
  }
  const timer = setInterval(tell, EVERY_MS)
  timer.unref()
  return {
    take: (key) => {
      const taken = take(key)
      const count = max - taken.remaining
      if (!taken.exceeded && count >= max * BUSY_SHARE && bus.isHeard(kind)) {
        // The first time all of it is told.
        untold.set(key, (untold.get(key) ?? (count - 1 < max * BUSY_SHARE ? count - 1 : 0)) + 1)
      }
      return taken
    },
    end: () => {
      clearInterval(timer)
      endHearing()
    },
  }
}
