import { type Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Exchange {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As it came over the wire: still packed when `content-encoding` says so. */
  readonly bytes: Buffer
  readonly text: string
  /** The parsed JSON body. Throws when it is none. */
  readonly json: unknown
}

export interface Request {
  readonly method?: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string | Uint8Array
  readonly agent?: Agent
}

/** One HTTP exchange without the conveniences of `fetch`: nothing is added, unpacked or followed. */
export const exchange = (url: string, { method, headers, body, agent }: Request = {}): Promise<Exchange> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: method ?? 'GET', headers: { ...headers }, agent: agent ?? false })
    sent.once('error', reject)
    sent.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const bytes = Buffer.concat(chunks)
        const text = bytes.toString()
        const status = response.statusCode ?? 0
        resolve({
          status,
          headers: response.headers,
          bytes,
          text,
          get json() {
            return JSON.parse(text)
          },
        })
      })
    })
    sent.end(body)
  })

/** A POST of JSON, with the content type and nothing else. */
export const postJson = (url: string, body: unknown, headers: { readonly [name: string]: string } = {}) =>
  exchange(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
