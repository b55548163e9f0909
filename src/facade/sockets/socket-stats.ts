/** Counts since the start. */
export interface SocketStats {
  accepted: number
  /** Over the limit of sockets. */
  refused: number
  /** Refused for who asked. */
  unauthorized: number
  /** Messages written, counted for each socket. */
  sent: number
  /** Messages left out because a socket was behind, counted for each socket. */
  skipped: number
  /** Closed because they stayed behind. */
  closedSlow: number
  /** Dropped because nothing was heard of them. */
  closedDead: number
  /** Cut off because too much of large messages was on its way. */
  closedLarge: number
  /** Sockets that broke the protocol or the connection. */
  errors: number
}

export const createSocketStats = (): SocketStats => ({
  accepted: 0,
  refused: 0,
  unauthorized: 0,
  sent: 0,
  skipped: 0,
  closedSlow: 0,
  closedDead: 0,
  closedLarge: 0,
  errors: 0,
})
