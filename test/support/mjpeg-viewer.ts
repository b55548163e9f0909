import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'

export interface MjpegViewer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The pictures that came whole. */
  readonly pictures: readonly Buffer[]
  readonly response: IncomingMessage
  /** Resolves when the stream has ended or was cut. */
  readonly over: Promise<void>
  close(): void
}

/** Cuts whole parts off the front of a multipart stream. Throws when it is none. */
export const createMjpegParser = (boundary: string) => {
  const pictures: Buffer[] = []
  let buffered: Buffer = Buffer.alloc(0)
  const part = (): boolean => {
    const headEnd = buffered.indexOf('\r\n\r\n')
    if (headEnd === -1) return false
    const head = buffered.subarray(0, headEnd).toString()
    const [, length] = /^--(?:[^\r]+)\r\nContent-Type: image\/jpeg\r\nContent-Length: (\d+)$/.exec(head) ?? []
    if (length === undefined || !head.startsWith(`--${boundary}\r\n`)) throw new Error(`not a part: ${head}`)
    const end = headEnd + 4 + Number(length)
    // Complete for a browser only once the next boundary is there.
    if (buffered.length < end + 2 + `--${boundary}`.length) return false
    pictures.push(buffered.subarray(headEnd + 4, end))
    buffered = buffered.subarray(end + 2)
    return true
  }
  return {
    pictures,
    feed: (chunk: Buffer): void => {
      buffered = Buffer.concat([buffered, chunk])
      while (part());
    },
  }
}

/** Looks at a camera as an `<img>` does. A paused viewer reads nothing beyond the answer's headers. */
export const openViewer = (url: string, options: { readonly paused?: boolean } = {}): Promise<MjpegViewer> =>
  new Promise((resolve, reject) => {
    const sent = get(url, { agent: false, headers: { 'Accept-Encoding': 'gzip, br' } })
    sent.once('error', reject)
    sent.once('response', (response) => {
      const boundary = /boundary=(\S+)/.exec(response.headers['content-type'] ?? '')?.[1] ?? ''
      const parser = createMjpegParser(boundary)
      response.on('error', () => undefined)
      if (options.paused !== true) response.on('data', parser.feed)
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        pictures: parser.pictures,
        response,
        over: new Promise((done) => response.once('close', () => done())),
        close: () => sent.destroy(),
      })
    })
  })
