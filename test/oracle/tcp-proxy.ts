/** Stands between a client and a server on loopback, and spoils the link on demand. */
export interface TcpProxy {
  readonly port: number
  /** Resets every connection; new ones are refused until `heal`. */
  cut(): void
  /** Keeps connections open and passes nothing on until `heal`. */
  freeze(): void
  /** Passes at most this much each second, each way and connection, until `heal`. */
  slow(bytesPerSecond: number): void
  heal(): void
  close(): Promise<void>
}
