/** The door of TLS: certificates that renew themselves, and the listeners that show them. */
export type { TlsPaths } from './pem-files.ts'
export {
  createSecureListener,
  type SecureConnections,
  type SecureListener,
  type SecureListenerOptions,
  type TlsFailure,
} from './secure-listener.ts'
export { createTlsContext, type TlsContext, type TlsHandlers } from './tls-context.ts'
