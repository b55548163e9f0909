/** The app's two ways of asking: through its api module, which repeats, and bare, which does not. */
import { setTimeout as delay } from 'node:timers/promises'

const TIMEOUT_MS = 10_000
const REPEATED = [408, 429, 500, 502, 503, 504]
const RETRIES = 5
const FIRST_PAUSE_MS = 2_000

export interface AppAnswer {
  readonly status: number
  /** Parsed; undefined when it is not JSON. */
  readonly body: unknown
}

export type AppHttp = (method: string, path: string, body?: unknown) => Promise<AppAnswer>

const HEADERS = { Accept: 'application/json, text/plain, */*', 'User-Agent': 'okhttp/4.12.0' }

const once = async (url: string, init: RequestInit): Promise<AppAnswer> => {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })
  const text = await answer.text()
  try {
    return { status: answer.status, body: JSON.parse(text) as unknown }
  } catch {
    return { status: answer.status, body: undefined }
  }
}

const initOf = (method: string, body: unknown, headers: Record<string, string>): RequestInit => ({
  method,
  headers: { ...HEADERS, ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})

/** Plain axios: no key, time-out 10 s, no repetition. Rejects when there is no answer. */
export const bareHttp =
  (http: string): AppHttp =>
  (method, path, body) =>
    once(
      `${http}${path}`,
      initOf(method, body, body === undefined ? {} : { 'Content-Type': 'application/json' }),
    )

export interface Repeats {
  /** Told why, each time. */
  readonly onRepeat: (why: string) => void
  /** Waits before a repetition; for tests that cannot wait that long. */
  readonly pause?: (ms: number) => Promise<unknown>
}

/** The api module: with the key; repeats after 2, 4, 8, 16 and 30 s. */
export const apiHttp = (http: string, { onRepeat, pause = delay }: Repeats): AppHttp => {
  const headers = { 'X-API-Key': 'dev-api-key-change-in-production', 'Content-Type': 'application/json' }
  return async (method, path, body) => {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await once(`${http}${path}`, initOf(method, body, headers)).catch(() => undefined)
      if (answer !== undefined && !REPEATED.includes(answer.status)) return answer
      if (attempt === RETRIES) throw new Error(`${method} ${path}: ${answer?.status ?? 'no answer'}`)
      onRepeat(`${method} ${path}: ${answer?.status ?? 'no answer'}`)
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** attempt, 30_000))
    }
  }
}
