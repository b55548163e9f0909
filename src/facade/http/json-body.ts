/**
 * Request bodies: JSON, plain or packed with gzip or deflate. A body of another type is ignored, as the
 * contract says: the handler then sees none. The bound holds for the unpacked size; unpacking stops at it.
 */
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { TextDecoder } from 'node:util'
import { createGunzip, createInflate } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import type { FacadeApp } from '../app.ts'
import { RequestError } from '../errors.ts'
import { type BodyBudget, NoRoomError } from './body-budget.ts'
import { gatherBody } from './gather-body.ts'
import { isOverJsonBounds, SURELY_SIMPLE } from './json-bounds.ts'

const UNPACKED_PIECE = { chunkSize: 65_536 } as const
const CODINGS: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', () => createGunzip(UNPACKED_PIECE)],
  ['x-gzip', () => createGunzip(UNPACKED_PIECE)],
  ['deflate', () => createInflate(UNPACKED_PIECE)],
])
/** Names of UTF-8 and its subset. */
const CHARSETS: readonly string[] = ['utf-8', 'utf8', 'us-ascii']

const TOO_INTRICATE = 'The request body holds too many values, or nests them too deep'

const charsetOf = (contentType: string | undefined): string =>
  /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase() ?? 'utf-8'

interface Bounds {
  readonly budget: BodyBudget
  /** Of one body, unpacked. */
  readonly maxBytes: number
}

/** Piece by piece, so that a small body that unpacks to a large one is counted as what it becomes. */
const unpack = async (
  request: IncomingMessage,
  packed: Buffer,
  coding: string,
  { budget, maxBytes }: Bounds,
): Promise<Buffer> => {
  const unpacker = CODINGS.get(coding)?.()
  if (unpacker === undefined)
    throw new RequestError(415, 'The body must be plain or packed as gzip or deflate')
  const account = budget.accountOf(request)
  const pieces: Buffer[] = []
  let bytes = 0
  unpacker.end(packed)
  try {
    for await (const piece of unpacker) {
      bytes += piece.length
      if (bytes > maxBytes) throw new RequestError(413)
      account.take(piece.length)
      pieces.push(piece)
    }
  } catch (error) {
    account.release()
    if (error instanceof RequestError || error instanceof NoRoomError) throw error
    throw new RequestError(400, `The request body is not valid ${coding}`)
  }
  return Buffer.concat(pieces)
}

const parseJson = (body: Buffer, utf8: TextDecoder): unknown => {
  if (body.length === 0) return undefined
  if (body.length > SURELY_SIMPLE && isOverJsonBounds(body)) throw new RequestError(400, TOO_INTRICATE)
  try {
    return JSON.parse(utf8.decode(body))
  } catch {
    throw new RequestError(400, 'The request body is not valid JSON')
  }
}

const JSON_TYPE = 'application/json'
/** RFC 9110, 8.3.1, as far as the subtype. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;|$)/
/** Stands for what is no media type at all: ignored as any other, where the framework would refuse it. */
const UNREADABLE_TYPE = 'application/x-unreadable'

/** Replaces fastify's own parsers: those refuse what the contract takes (no body, `__proto__`, other types). */
export const useJsonBody = (app: FacadeApp, bounds: Bounds): void => {
  // One for all: making a decoder costs more than reading a sketch's body with it.
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  app.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    const type = headers['content-type']
    if (type !== undefined && !type.startsWith(JSON_TYPE) && !MEDIA_TYPE.test(type))
      headers['content-type'] = UNREADABLE_TYPE
    done()
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(JSON_TYPE, async (request: FastifyRequest, sent: IncomingMessage) => {
    const body = await gatherBody(sent, bounds.budget, bounds)
    if (!CHARSETS.includes(charsetOf(request.headers['content-type']))) {
      throw new RequestError(415, 'The charset of a JSON body must be utf-8')
    }
    const coding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
    if (coding === 'identity' || body.length === 0) return parseJson(body, utf8)
    return parseJson(await unpack(sent, body, coding, bounds), utf8)
  })
  app.addContentTypeParser('*', (_request, _body, done) => done(null, undefined))
}
