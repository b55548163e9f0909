/** What waits in the spool for the drain. */
export interface Waiting {
  readonly rows: number
  readonly bytes: number
  /** How long its oldest row has been waiting. */
  readonly oldestAgeMs: number
}

export interface BatchLimits {
  readonly maxRows: number
  readonly maxBytes: number
  readonly maxAgeMs: number
}

/** True when the drain should copy now: enough has gathered, or the oldest row has waited long enough. */
export const shouldCopy = (waiting: Waiting, limits: BatchLimits): boolean =>
  waiting.rows > 0 &&
  (waiting.rows >= limits.maxRows ||
    waiting.bytes >= limits.maxBytes ||
    waiting.oldestAgeMs >= limits.maxAgeMs)
