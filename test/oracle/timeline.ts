/** Which fault ran when, on the clock of the traffic log. */
export interface PlayedFault {
  readonly name: string
  readonly kind: string
  readonly mayLose: boolean
  readonly fromMs: number
  /** Null: it has not ended. */
  readonly toMs: number | null
  /** When the readings were acked that it put at stake; null: it put none, or was not played to that point. */
  readonly stake: { readonly fromMs: number; readonly toMs: number } | null
  /** Why it could not be played or healed; null when it was. */
  readonly error: string | null
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

/** A moment as a reader wants it: during which fault, or how long after which. */
export const momentOf = (atMs: number, played: readonly PlayedFault[]): string => {
  const before = played.filter(({ fromMs }) => fromMs <= atMs).at(-1)
  const at = `at ${seconds(atMs)}`
  if (before === undefined) return `${at}, before any fault`
  const { name, fromMs, toMs } = before
  if (toMs === null || atMs <= toMs) return `${at}, ${seconds(atMs - fromMs)} into ${name}`
  return `${at}, ${seconds(atMs - toMs)} after ${name}`
}
