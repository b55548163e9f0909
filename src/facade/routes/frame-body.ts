/**
 * Bodies that are pictures: raw JPEG, octets, or the first file of a multipart form. These parsers live in a scope
 * of their own; JSON routes keep theirs. What is over a route's bound is never gathered.
 */
import type { IncomingMessage } from 'node:http'
import multipart from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { FacadeApp, RouteDeps } from '../app.ts'
import { RequestError } from '../errors.ts'
import { NoRoomError } from '../http/body-budget.ts'
import { announcedBytes, gatherBody, gatherFile } from '../http/gather-body.ts'

const PICTURE_TYPES = ['image/jpeg', 'image/jpg', 'image/pjpeg', 'application/octet-stream']
const OTHER_TYPE = Symbol('a body of another type')

/** Beside the picture a form holds next to nothing. */
const FORM_LIMITS = { fields: 20, fieldSize: 10_000, files: 1, parts: 21, headerPairs: 100 } as const

/** `none`: no body, or an empty one. `other`: a body of a type that no picture has. */
export type FrameBody = Buffer | 'none' | 'other'

/** Registers the parsers on a scope that holds nothing but routes of pictures. */
export const useFrameBodies = async (
  scope: FacadeApp,
  { bodies }: Pick<RouteDeps, 'bodies'>,
): Promise<void> => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(PICTURE_TYPES, (request: FastifyRequest, sent: IncomingMessage) =>
    gatherBody(sent, bodies, { maxBytes: request.routeOptions.bodyLimit ?? 0 }),
  )
  scope.addContentTypeParser('*', (_request, _body, done) => done(null, OTHER_TYPE))
  await scope.register(multipart, { limits: FORM_LIMITS })
}

interface FrameBounds extends Pick<RouteDeps, 'bodies'> {
  readonly maxBytes: number
}

const statusOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined

const readForm = async (request: FastifyRequest, { bodies, maxBytes }: FrameBounds): Promise<FrameBody> => {
  const { raw } = request
  bodies.admit(announcedBytes(raw))
  const account = bodies.accountOf(raw)
  try {
    const part = await request.file({ limits: { fileSize: maxBytes } })
    if (part === undefined) return 'none'
    const jpeg = await gatherFile(part.file, account)
    if (part.file.truncated) throw new RequestError(413)
    return jpeg.length === 0 ? 'none' : jpeg
  } catch (error) {
    account.release()
    if (error instanceof NoRoomError || error instanceof RequestError) throw error
    if (statusOf(error) === 413) throw new RequestError(413)
    // Whatever else the parser finds is wrong with the form, and the form is the client's.
    throw new RequestError(400, 'The form could not be read: send multipart/form-data with one file')
  }
}

/** The picture of a request, at most `maxBytes`. Throws RequestError (400, 413) and NoRoomError. */
export const readFrameBody = async (request: FastifyRequest, bounds: FrameBounds): Promise<FrameBody> => {
  if (request.isMultipart()) return readForm(request, bounds)
  const { body } = request
  if (body === OTHER_TYPE) return 'other'
  return Buffer.isBuffer(body) && body.length > 0 ? body : 'none'
}
