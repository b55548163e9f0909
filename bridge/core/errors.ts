/**
 * Broken machinery is an exception with a code; nobody matches on message text.
 *
 * - STORE_UNAVAILABLE: a store (Postgres, Redis) cannot be reached or is not ready; worth a retry.
 * - ROW_REFUSED:       Postgres refused a row for what it holds; a retry cannot help, halving finds it.
 * - CURSOR_MOVED:      the spool's cursor in Postgres is not where this process left it; read it again.
 * - SPOOL_FULL:        the spool is at its bound; the sender keeps its data and tries again.
 * - BUSY:              too many of the kind wait for their turn; the sender keeps its data and tries again.
 * - SPOOL_LOCKED:      another process has the spool open.
 * - SPOOL_BROKEN:      the spool cannot write (disk full, I/O error).
 * - STOPPING:          the process is shutting down; nothing was taken in.
 * - LISTEN_FAILED:     a port is taken or may not be bound.
 * - TLS_FILES:         the certificate, its key or the CAs cannot be read or used.
 * - EMBEDDED_POSTGRES: the embedded Postgres cannot be set up or started.
 * - NO_CREDENTIALS:    open to other machines, and nobody could be let in; the message says what to do.
 * - CLIENT_ID_FILE:    the file that keeps the client id at an external broker holds something else.
 * - TIMEOUT:           a promise of this program was not kept in time.
 */
export type BridgeErrorCode =
  | 'STORE_UNAVAILABLE'
  | 'ROW_REFUSED'
  | 'CURSOR_MOVED'
  | 'SPOOL_FULL'
  | 'BUSY'
  | 'SPOOL_LOCKED'
  | 'SPOOL_BROKEN'
  | 'STOPPING'
  | 'LISTEN_FAILED'
  | 'TLS_FILES'
  | 'EMBEDDED_POSTGRES'
  | 'NO_CREDENTIALS'
  | 'CLIENT_ID_FILE'
  | 'TIMEOUT'

export class BridgeError extends Error {
  readonly code: BridgeErrorCode

  constructor(code: BridgeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BridgeError'
    this.code = code
  }
}

/** True for a `BridgeError`, of this code when one is given. */
export const isBridgeError = (error: unknown, code?: BridgeErrorCode): error is BridgeError =>
  error instanceof BridgeError && (code === undefined || error.code === code)

/** What was thrown, as an Error. */
export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
