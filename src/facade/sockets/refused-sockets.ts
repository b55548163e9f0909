import type { WebSocket } from 'ws'

const POLICY_VIOLATION = 1008

/** Sockets over the limit: accepted, as clients expect it, and closed at once. */
export interface RefusedSockets {
  /** How many have not gone yet. */
  readonly count: number
  turnAway(webSocket: WebSocket): void
  /** Cuts those that have not gone. */
  cut(): void
}

/** `onGone` is called whenever one has gone. */
export const createRefusedSockets = (onGone: () => void): RefusedSockets => {
  const lingering = new Set<WebSocket>()
  return {
    get count() {
      return lingering.size
    },
    turnAway: (webSocket) => {
      lingering.add(webSocket)
      webSocket.on('close', () => {
        lingering.delete(webSocket)
        onGone()
      })
      webSocket.close(POLICY_VIOLATION, 'Server at capacity')
    },
    cut: () => {
      for (const webSocket of lingering) webSocket.terminate()
    },
  }
}
