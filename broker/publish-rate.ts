/**
 * How fast one client may publish: a rate with a burst of ten seconds. A client over it is not read for a while, so
 * TCP holds it back. What one read holds is known only afterwards; near the bound it is read in small pieces, so
 * that it is never paused for much more than a second, in which no keepalive can run out.
 */
import { createTokenBucket } from './token-bucket.ts'

const BURST_S = 10
/** The smallest PUBLISH: what one piece may hold at most is its bytes over these. */
const LEAST_BYTES = 5
const LEAST_PIECE = 64
const MOST_PIECE = 4096
/** Paused until this part of a second's messages may come: not woken for each. */
const WAKE_PART = 0.05

export interface PublishRate {
  /** A PUBLISH was read. */
  count(): void
  /** Whether nothing may be read now; `readOn` is called when it may. */
  isPaused(): boolean
  /** What one read may hold now. */
  pieceBytes(): number
  stop(): void
}

export interface PublishRateDeps {
  readonly readOn: () => void
  readonly onPause: () => void
}

/** For one client; `rate`: messages a second, more than 0. */
export const createPublishRate = (rate: number, { readOn, onPause }: PublishRateDeps): PublishRate => {
  const burst = rate * BURST_S
  const piece = Math.min(MOST_PIECE, Math.max(LEAST_PIECE, rate * LEAST_BYTES))
  const bucket = createTokenBucket({ rate, burst }, performance.now())
  let counted = 0
  let timer: NodeJS.Timeout | undefined

  const level = (now: number): number => {
    if (counted > 0) bucket.take(counted, now)
    counted = 0
    return bucket.level(now)
  }

  const wake = (): void => {
    timer = undefined
    readOn()
  }

  return {
    count: () => {
      counted += 1
    },
    isPaused: () => {
      if (timer !== undefined) return true
      const now = performance.now()
      if (level(now) >= 1) return false
      timer = setTimeout(wake, bucket.waitMs(Math.max(1, rate * WAKE_PART), now))
      onPause()
      return true
    },
    pieceBytes: () => {
      const left = level(performance.now())
      return left < burst / 2 ? piece : left * LEAST_BYTES
    },
    stop: () => clearTimeout(timer),
  }
}
