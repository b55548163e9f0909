import { BridgeError } from '../../bridge/index.ts'

/** A `BridgeError` EMBEDDED_POSTGRES; the message says what happened and what the operator can do. */
export const embeddedFailure = (message: string, cause?: unknown): BridgeError =>
  new BridgeError('EMBEDDED_POSTGRES', message, cause === undefined ? undefined : { cause })

/** The errno or SQLSTATE of an error; undefined when it has none. Node's own errors may be of another realm. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
