/**
 * The `code` of an error: an errno or SQLSTATE (`EADDRINUSE`, `ERR_BUFFER_TOO_LARGE`); undefined when it has none.
 * Read as a property: node's own errors may be of another realm.
 */
export const errorCode = (error: unknown): string | undefined => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
