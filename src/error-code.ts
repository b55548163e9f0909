/** The `code` of a system error (`EADDRINUSE`, `ERR_BUFFER_TOO_LARGE`); undefined when it has none. */
export const errorCode = (error: unknown): string | undefined => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
