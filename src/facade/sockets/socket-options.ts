/** What a test or an operator may set of the event sockets; the rest has defaults. */
export interface EventSocketsOptions {
  /** A face service is set: frames are announced with their recognition pending. */
  readonly recognizes: boolean
  readonly maxSockets?: number
  /** Bound of a message of a client, unpacked. */
  readonly maxMessageBytes?: number
  /** What is here of messages over 64 KiB that are being received, of all sockets together. */
  readonly maxReceivingBytes?: number
  /** Events are skipped for a socket while more than this waits for it. */
  readonly maxBacklogBytes?: number
  /** A socket that is behind for this long is closed. */
  readonly slowMs?: number
  /** A client that has sent nothing from one ping to the next is dropped. */
  readonly pingEveryMs?: number
  /** How long a client may take to answer a close before it is cut. */
  readonly closeWaitMs?: number
  /** Events within this time go out in one write, at most; less with few sockets, none with 20 and fewer. */
  readonly gatherMs?: number
}

/**
 * The contract's numbers (section 4). `gatherMs`: 1,000 sockets and 50 events a second take 0.42 of a core with
 * 0 ms and 0.28 with 50 ms; 400 events a second 0.31.
 */
export const SOCKET_DEFAULTS = {
  maxSockets: 1_000,
  maxMessageBytes: 10_485_760,
  maxReceivingBytes: 33_554_432,
  maxBacklogBytes: 262_144,
  slowMs: 10_000,
  pingEveryMs: 30_000,
  closeWaitMs: 2_000,
  gatherMs: 50,
} as const satisfies Partial<EventSocketsOptions>

export type SocketSettings = Required<EventSocketsOptions>
