/**
 * One exchange with the face service: a form goes out, at most 64 KiB of text come back, all within a time-out
 * that holds for the answer's body too. Failures say why in a word, never where: their text reaches clients.
 */

export interface FaceAnswer {
  readonly status: number
  /** Cut at 64 KiB. */
  readonly text: string
  /** The parsed text; undefined when it is no JSON, as a cut one hardly is. */
  readonly json: unknown
}

export interface FaceClient {
  /** Throws an Error whose message says what went wrong in a few words, without naming the address. */
  post(path: string, form: FormData, timeoutMs: number): Promise<FaceAnswer>
  /** Ends every exchange under way; those that come later fail at once. */
  stop(): void
}

const MAX_ANSWER_BYTES = 65_536

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const readBounded = async (response: Response): Promise<string> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    // Leaving the loop cancels the rest.
    if (bytes > MAX_ANSWER_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString()
}

/** The system's or the HTTP client's code of an error, which `fetch` wraps: `ECONNREFUSED`, `UND_ERR_SOCKET`. */
const codeOf = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return 'cause' in error ? codeOf(error.cause) : undefined
}

/** `fetch` takes no user and password in a URL; they go into a header. */
const authorization = ({ username, password }: URL): { readonly [name: string]: string } => {
  if (username === '' && password === '') return {}
  const userPassword = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { Authorization: `Basic ${Buffer.from(userPassword).toString('base64')}` }
}

/**
 * @param fetcher - `fetch`
 * @param address - such as `http://localhost:9001`; may hold a user and a password
 */
export const createFaceClient = (fetcher: typeof fetch, address: URL): FaceClient => {
  const base = address.origin + address.pathname.replace(/\/+$/, '')
  const headers = authorization(address)
  const underWay = new Set<AbortController>()
  let stopped = false

  const exchange = async (path: string, body: FormData, signal: AbortSignal): Promise<FaceAnswer> => {
    // A redirect is an answer like any other that is no 2xx: pictures go where the operator said, nowhere else.
    const request = { method: 'POST', headers, body, signal, redirect: 'manual' } as const
    const response = await fetcher(base + path, request)
    const text = await readBounded(response)
    return { status: response.status, text, json: parse(text) }
  }

  return {
    post: async (path, form, timeoutMs) => {
      if (stopped) throw new Error('stopping')
      const controller = new AbortController()
      underWay.add(controller)
      let late = false
      const timer = setTimeout(() => {
        late = true
        controller.abort()
      }, timeoutMs)
      try {
        return await exchange(path, form, controller.signal)
      } catch (error) {
        const cut = late ? `no answer within ${timeoutMs} ms` : stopped ? 'stopping' : undefined
        throw new Error(cut ?? codeOf(error) ?? 'the connection failed', { cause: error })
      } finally {
        clearTimeout(timer)
        underWay.delete(controller)
      }
    },
    stop: () => {
      stopped = true
      for (const controller of underWay) controller.abort()
    },
  }
}
