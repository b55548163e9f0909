/** Finds clients that are gone or stay behind, and lets go of them. */
import { pingFrame } from './frame.ts'
import type { SocketSettings } from './socket-options.ts'
import type { SocketStats } from './socket-stats.ts'
import { countSlowRounds, isOpen, type Viewer, write } from './viewer.ts'

const TRY_AGAIN_LATER = 1013
const SLOW_ROUNDS = 10

export interface SocketWatch {
  start(): void
  stop(): void
}

export const createSocketWatch = (
  viewers: ReadonlySet<Viewer>,
  stats: SocketStats,
  { pingEveryMs, slowMs, maxBacklogBytes }: SocketSettings,
): SocketWatch => {
  const ping = pingFrame()
  const timers: NodeJS.Timeout[] = []

  const pingRound = (): void => {
    for (const viewer of viewers) {
      if (viewer.heard) {
        viewer.heard = false
        write(viewer, ping, maxBacklogBytes)
      } else {
        // One that is closing but never takes the rest of what waits for it has no other end than this.
        if (isOpen(viewer)) stats.closedDead += 1
        viewer.webSocket.terminate()
      }
    }
  }
  const slowRound = (): void => {
    for (const viewer of viewers) {
      if (countSlowRounds(viewer, maxBacklogBytes) <= SLOW_ROUNDS) continue
      stats.closedSlow += 1
      viewer.webSocket.close(TRY_AGAIN_LATER, 'Too slow')
    }
  }

  return {
    start: () => {
      if (timers.length > 0) return
      timers.push(setInterval(pingRound, pingEveryMs).unref())
      timers.push(setInterval(slowRound, slowMs / SLOW_ROUNDS).unref())
    },
    stop: () => {
      for (const timer of timers.splice(0)) clearInterval(timer)
    },
  }
}
