/** The one key of the API: in the header (boards, the app) or in the query (a browser's sockets and images). */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { queryValue } from './query-value.ts'

export type KeyVerdict = 'ok' | 'missing' | 'wrong'
export type KeyCheck = (headers: IncomingHttpHeaders, url: string) => KeyVerdict

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The header wins. A key given twice is none. */
const givenKey = (headers: IncomingHttpHeaders, url: string): string | undefined => {
  const header = headers['x-api-key']
  return header === undefined ? queryValue(url, 'apiKey') : String(header)
}

/** Digests are compared, in constant time: neither the key's length nor how much of it fits can be measured. */
export const createKeyCheck = (apiKey: string): KeyCheck => {
  const expected = digest(apiKey)
  return (headers, url) => {
    const given = givenKey(headers, url)
    if (given === undefined) return 'missing'
    return timingSafeEqual(digest(given), expected) ? 'ok' : 'wrong'
  }
}
