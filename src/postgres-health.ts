/** What `GET /health` tells of a Postgres: asked at most every two seconds, and never waited for longer than one. */
import type { Clock, PartHealth } from '../bridge/index.ts'
import { errorText } from './error-text.ts'

const HEALTH_EVERY_MS = 2_000
const HEALTH_TIMEOUT_MS = 1_000

export interface PostgresHealthOptions {
  readonly clock: Clock
  /** One small query; what it found. */
  readonly ask: () => Promise<PartHealth>
  /** What is to be told when it fails, in one sentence; `why` is the error. */
  readonly failed: (why: string) => string
}

/** Gives the last answer again while it is fresh. */
export const createPostgresHealth = ({ clock, ask, failed }: PostgresHealthOptions) => {
  let asked: { readonly at: number; readonly answer: Promise<PartHealth> } | undefined

  const askInTime = async (): Promise<PartHealth> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${HEALTH_TIMEOUT_MS} ms`)),
        HEALTH_TIMEOUT_MS,
      )
    })
    try {
      return await Promise.race([ask(), late])
    } catch (error) {
      return { ok: false, message: failed(errorText(error)), version: null }
    } finally {
      clearTimeout(timer)
    }
  }

  return (): Promise<PartHealth> => {
    const now = clock()
    if (asked === undefined || now - asked.at >= HEALTH_EVERY_MS) asked = { at: now, answer: askInTime() }
    return asked.answer
  }
}
