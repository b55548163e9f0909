/**
 * Request bodies: JSON, plain or packed with gzip or deflate. A body of another type is ignored, as the
 * contract says: the handler then sees none. The bound holds for the unpacked size; unpacking stops at it.
 */
import { promisify, TextDecoder } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import type { FacadeApp } from '../app.ts'
import { RequestError } from '../errors.ts'
import { errorCode } from './error-code.ts'

type Unpack = (packed: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

const CODINGS: ReadonlyMap<string, Unpack> = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
])
/** Names of UTF-8 and its subset. */
const CHARSETS: readonly string[] = ['utf-8', 'utf8', 'us-ascii']

const charsetOf = (contentType: string | undefined): string =>
  /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase() ?? 'utf-8'

const unpack = async (packed: Buffer, coding: string, maxBytes: number): Promise<Buffer> => {
  const unpacker = CODINGS.get(coding)
  if (unpacker === undefined)
    throw new RequestError(415, 'The body must be plain or packed as gzip or deflate')
  try {
    return await unpacker(packed, { maxOutputLength: maxBytes })
  } catch (error) {
    const tooLarge = errorCode(error) === 'ERR_BUFFER_TOO_LARGE'
    throw tooLarge ? new RequestError(413) : new RequestError(400, `The request body is not valid ${coding}`)
  }
}

const parseJson = (body: Buffer, utf8: TextDecoder): unknown => {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(utf8.decode(body))
  } catch {
    throw new RequestError(400, 'The request body is not valid JSON')
  }
}

/** Replaces fastify's own parsers: those refuse what the contract takes (no body, `__proto__`, other types). */
export const useJsonBody = (app: FacadeApp, maxBytes: number): void => {
  // One for all: making a decoder costs more than reading a sketch's body with it.
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (!CHARSETS.includes(charsetOf(request.headers['content-type']))) {
        throw new RequestError(415, 'The charset of a JSON body must be utf-8')
      }
      const coding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
      if (coding === 'identity' || body.length === 0) return parseJson(body, utf8)
      return parseJson(await unpack(body, coding, maxBytes), utf8)
    },
  )
  app.addContentTypeParser('*', (_request, _body, done) => done(null, undefined))
}
