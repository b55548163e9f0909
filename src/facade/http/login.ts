/** The login of a request, as it was sent: nothing is checked here. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Login } from '../doorkeeper.ts'
import { queryValue } from './query-value.ts'

/** Longer than any secret or token: what is more is not looked at. */
const MAX_LENGTH = 8_192
const SCHEME = /^(basic|bearer) +(\S+) *$/i

/** RFC 7617: the name ends at the first colon, the secret may hold more of them. */
const basicOf = (encoded: string): Login | undefined => {
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return { kind: 'secret', name: text.slice(0, colon), secret: text.slice(colon + 1) }
}

/** What an `Authorization` header says; `broken` when it cannot be read. */
export const readAuthorization = (header: string): Login | 'broken' => {
  if (header.length > MAX_LENGTH) return 'broken'
  const [, scheme = '', rest = ''] = SCHEME.exec(header) ?? []
  if (scheme.toLowerCase() === 'bearer') return { kind: 'token', token: rest }
  return (scheme === '' ? undefined : basicOf(rest)) ?? 'broken'
}

/** The header wins; `?token=` is for sockets and images of browsers, which cannot set headers. */
export const readLogin = ({ authorization }: IncomingHttpHeaders, url: string): Login | 'broken' | 'none' => {
  if (authorization !== undefined) return readAuthorization(authorization)
  const token = queryValue(url, 'token')
  if (token === undefined) return 'none'
  return token === '' || token.length > MAX_LENGTH ? 'broken' : { kind: 'token', token }
}
