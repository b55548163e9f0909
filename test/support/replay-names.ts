/** Names that the server gives: ids of buzzer requests, frames and recordings, as recorded and as they are now. */

export interface Names {
  /** Takes the names out of two values of the same form. */
  learn(recorded: unknown, ours: unknown): void
  name(recorded: string, ours: string): void
  now(recorded: string): string
  /** A recorded path with its names as they are now. */
  inPath(path: string): string
}

const NAMED = ['requestId', 'filename', 'recordingId']

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

export const createNames = (): Names => {
  const names = new Map<string, string>()
  const learn = (recorded: unknown, ours: unknown): void => {
    if (!isObject(recorded) || !isObject(ours)) return
    for (const [key, value] of Object.entries(recorded)) {
      const now = ours[key]
      if (NAMED.includes(key) && now !== undefined && now !== null) names.set(String(value), String(now))
      else learn(value, now)
    }
  }
  const now = (recorded: string): string => names.get(recorded) ?? recorded
  return {
    learn,
    name: (recorded, ours) => void names.set(recorded, ours),
    now,
    inPath: (path) => path.split('/').map(now).join('/'),
  }
}
