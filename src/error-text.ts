/** An error as one line for the log. One of several addresses refused has a code and no message. */
export const errorText = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.message !== '') return error.message
  return 'code' in error ? String(error.code) : error.name
}
