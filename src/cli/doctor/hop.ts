/** One step on the way of a reading: tried for a bounded time, and told with what to do when it fails. */
import { errorText } from '../../error-text.ts'

export interface HopResult {
  readonly hop: string
  readonly status: 'ok' | 'failed' | 'skipped'
  /** Null: it was not tried. */
  readonly ms: number | null
  /** What was found, or why it was not tried. */
  readonly detail: string
  /** What to do; when it failed only. */
  readonly advice?: string
}

/** It was tried and does not work. */
export class HopFailure extends Error {
  readonly advice: string
  constructor(problem: string, advice: string) {
    super(problem)
    this.advice = advice
  }
}

/** It cannot be tried here, and that is no fault. */
export class HopSkipped extends Error {}

/** What was found, and how long it took where that is not the time of the look. */
export interface Found {
  readonly detail: string
  readonly ms: number
}

export interface Hop {
  readonly name: string
  readonly timeoutMs?: number
  /** Resolves with what was found. The signal is aborted when the time is up. */
  readonly run: (signal: AbortSignal) => Promise<string | Found>
  /** For what is thrown that is no HopFailure, and for the end of the time. */
  readonly onError: (error: unknown) => HopFailure
}

const TIMEOUT_MS = 5_000

/** The end of a hop's time. */
export class TimeUp extends Error {
  constructor(ms: number) {
    super(`no answer within ${Math.round(ms / 1_000)} s`)
  }
}

/** Tries a hop; never rejects. */
export const tryHop = async (
  { name, timeoutMs = TIMEOUT_MS, run, onError }: Hop,
  monotonic: () => number,
): Promise<HopResult> => {
  const startedAt = monotonic()
  const ended = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TimeUp(timeoutMs))
      ended.abort()
    }, timeoutMs)
  })
  const tenth = (ms: number): number => Math.round(ms * 10) / 10
  const elapsed = (): number => tenth(monotonic() - startedAt)
  try {
    const found = await Promise.race([run(ended.signal), late])
    const { detail, ms } = typeof found === 'string' ? { detail: found, ms: elapsed() } : found
    return { hop: name, status: 'ok', ms: tenth(ms), detail }
  } catch (error) {
    if (error instanceof HopSkipped) return skipHop(name, error.message)
    const { message, advice } = error instanceof HopFailure ? error : onError(error)
    return { hop: name, status: 'failed', ms: elapsed(), detail: message, advice }
  } finally {
    clearTimeout(timer)
  }
}

export const skipHop = (name: string, why: string): HopResult => ({
  hop: name,
  status: 'skipped',
  ms: null,
  detail: why,
})

/** An error as a failure with this advice. */
export const failWith =
  (advice: string) =>
  (error: unknown): HopFailure =>
    new HopFailure(errorText(error), advice)
