import { BridgeError } from '../../bridge/index.ts'

/** A `BridgeError` EMBEDDED_POSTGRES; the message says what happened and what the operator can do. */
export const embeddedFailure = (message: string, cause?: unknown): BridgeError =>
  new BridgeError('EMBEDDED_POSTGRES', message, cause === undefined ? undefined : { cause })
