/**
 * Requests to this server. Whatever goes wrong is a value that says what it was, so that a view can tell its user;
 * nothing here throws. Every request ends: by its answer, by its time, or by the view that asked for it going away.
 */

export type Problem =
  /** Nobody answered. */
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'timeout'; readonly message: string }
  /** Nobody is known by these credentials, or there were none. */
  | { readonly kind: 'unauthorized'; readonly message: string }
  /** Known, and not allowed. */
  | { readonly kind: 'forbidden'; readonly message: string }
  | { readonly kind: 'missing'; readonly message: string }
  /** Too much was asked, or something is away: come again. */
  | { readonly kind: 'busy'; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'failed'; readonly message: string }
  /** The view that asked is gone. */
  | { readonly kind: 'aborted'; readonly message: string }

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem }

export interface RequestOptions {
  readonly method?: 'GET' | 'POST'
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** Default 15 s. */
  readonly timeoutMs?: number
  /** In place of the session's. */
  readonly authorization?: string
}

export interface Api {
  /** The JSON of the answer. */
  request<T>(path: string, options?: RequestOptions): Promise<Result<T>>
  /** The body as it is: a picture, say. */
  blob(path: string, options?: RequestOptions): Promise<Result<Blob>>
}

/** Who asks; the part of the session that requests need. */
export interface Bearer {
  readonly token: () => string | undefined
  /** A request with the session's token, or without any, was answered 401. */
  readonly rejected: (token: string | undefined) => void
}

const DEFAULT_TIMEOUT_MS = 15_000
const RETRY_AFTER_MS = 5_000

const KINDS: { readonly [status: number]: 'unauthorized' | 'forbidden' | 'missing' } = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'missing',
}

const sentenceOf = async (response: Response): Promise<string> => {
  try {
    const { error } = (await response.json()) as { readonly error?: unknown }
    if (typeof error === 'string') return error
  } catch {
    // Not one of ours: something between the page and Sluice answered.
  }
  return `The server answered ${response.status} ${response.statusText}`.trim()
}

const problemOf = async (response: Response): Promise<Problem> => {
  const message = await sentenceOf(response)
  const kind = KINDS[response.status]
  if (kind !== undefined) return { kind, message }
  if (response.status !== 429 && response.status !== 503) return { kind: 'failed', message }
  const seconds = Number(response.headers.get('retry-after'))
  return { kind: 'busy', message, retryAfterMs: seconds > 0 ? seconds * 1_000 : RETRY_AFTER_MS }
}

const problemOfThrown = (error: unknown, signal: AbortSignal | undefined): Problem => {
  if (signal?.aborted === true) return { kind: 'aborted', message: 'No longer needed' }
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError'
  return isTimeout
    ? { kind: 'timeout', message: 'The server takes too long to answer' }
    : { kind: 'unreachable', message: 'The server cannot be reached' }
}

export type Fetch = (path: string, init: RequestInit) => Promise<Response>

export const createApi = (bearer: Bearer, fetch: Fetch): Api => {
  const send = async (path: string, options: RequestOptions): Promise<Response> => {
    const { method = 'GET', body, signal, timeoutMs = DEFAULT_TIMEOUT_MS, authorization } = options
    const headers = new Headers({ accept: 'application/json' })
    if (authorization !== undefined) headers.set('authorization', authorization)
    if (body !== undefined) headers.set('content-type', 'application/json')
    const ended = AbortSignal.timeout(timeoutMs)
    return fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal === undefined ? ended : AbortSignal.any([signal, ended]),
      // Neither cookies nor passwords that the browser keeps: who asks is said above, or nobody.
      credentials: 'omit',
    })
  }

  const ask = async <T>(
    path: string,
    options: RequestOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<Result<T>> => {
    const token = bearer.token()
    const authorization = options.authorization ?? (token === undefined ? undefined : `Bearer ${token}`)
    try {
      const given = authorization === undefined ? options : { ...options, authorization }
      const response = await send(path, given)
      if (response.ok) return { ok: true, value: await read(response) }
      const problem = await problemOf(response)
      if (problem.kind === 'unauthorized' && options.authorization === undefined) bearer.rejected(token)
      return { ok: false, problem }
    } catch (error) {
      return { ok: false, problem: problemOfThrown(error, options.signal) }
    }
  }

  return {
    request: <T>(path: string, options: RequestOptions = {}) =>
      ask(path, options, async (response) => (await response.json()) as T),
    blob: (path, options = {}) => ask(path, options, (response) => response.blob()),
  }
}
