/** As much of HTTP/1.1 as an answer to a board needs: the status, and where the answer ends. */
export interface Answer {
  readonly status: number
  /** Empty for a chunked answer, of which only the end is looked for. A view of the bytes given. */
  readonly body: Buffer
}

const HEAD_END = '\r\n\r\n'
const LENGTH = /\r\ncontent-length: *(\d+)/i
const CHUNKED = /\r\ntransfer-encoding: *chunked/i
const NO_BODY = Buffer.alloc(0)

/** Whether the chunks from `at` on are complete; trailers are not known here. */
const chunksEnd = (bytes: Buffer, at: number): boolean => {
  for (let from = at; ; ) {
    const lineEnd = bytes.indexOf('\r\n', from)
    if (lineEnd < 0) return false
    const size = Number.parseInt(bytes.toString('latin1', from, lineEnd), 16)
    const next = lineEnd + 2 + size + 2
    if (!(next <= bytes.length)) return false
    if (size === 0) return true
    from = next
  }
}

/** The answer at the start of `bytes`; undefined while it is not whole. */
export const parseAnswer = (bytes: Buffer): Answer | undefined => {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const bodyAt = headEnd + HEAD_END.length
  const length = LENGTH.exec(head)?.[1]
  if (length !== undefined) {
    const end = bodyAt + Number(length)
    return bytes.length < end ? undefined : { status, body: bytes.subarray(bodyAt, end) }
  }
  // Neither length nor chunks: the end of the connection would be the end, which none of these clients can tell.
  if (!CHUNKED.test(head) || !chunksEnd(bytes, bodyAt)) return undefined
  return { status, body: NO_BODY }
}
