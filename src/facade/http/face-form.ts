/**
 * Reads the form of a face. All of the body is read, whatever is wrong with it, so that the answer reaches a
 * client that is still sending; no more than one image of bounded size is kept.
 */
import type { FastifyMultipartBaseOptions, MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { errorCode } from '../../error-code.ts'
import { RequestError } from '../errors.ts'
import { type BodyAccount, type BodyBudget, NoRoomError } from './body-budget.ts'
import { announcedBytes, gatherFile } from './gather-body.ts'

export interface FaceImage {
  readonly image: Buffer
  readonly filename: string
  readonly contentType: string
}

export interface FaceForm {
  /** Undefined: no file, or an empty one. */
  readonly file: FaceImage | undefined
  /** As it was sent; undefined when there is no such field. */
  readonly name: unknown
}

const MAX_IMAGE_BYTES = 10_485_760
const TOO_LARGE = `The image must be at most ${MAX_IMAGE_BYTES} bytes`

export const FACE_FORM_LIMITS = {
  fileSize: MAX_IMAGE_BYTES,
  // One more than allowed, so that the second is told apart from a form with too many of everything.
  files: 2,
  fields: 10,
  parts: 12,
  fieldNameSize: 100,
  fieldSize: 1_000,
  headerPairs: 100,
} as const satisfies FastifyMultipartBaseOptions['limits']

const readImage = async (part: MultipartFile, account: BodyAccount): Promise<FaceImage | undefined> => {
  const image = await gatherFile(part.file, account)
  if (part.file.truncated) throw new RequestError(413, TOO_LARGE)
  return image.length === 0 ? undefined : { image, filename: part.filename, contentType: part.mimetype }
}

/** What the parser found; everything but an image too large is a matter of the form, and the form is the client's. */
const formError = (error: unknown): Error => {
  if (error instanceof RequestError || error instanceof NoRoomError) return error
  return errorCode(error) === 'FST_REQ_FILE_TOO_LARGE'
    ? new RequestError(413, TOO_LARGE)
    : new RequestError(400, 'The form could not be read: send multipart/form-data with one image and a name')
}

/**
 * The form; an empty one when the body is no multipart. Throws RequestError (400, 413 for an image too large) and
 * NoRoomError.
 */
export const readFaceForm = async (request: FastifyRequest, bodies: BodyBudget): Promise<FaceForm> => {
  if (!request.isMultipart()) return { file: undefined, name: undefined }
  bodies.admit(announcedBytes(request.raw))
  const account = bodies.accountOf(request.raw)
  let file: FaceImage | undefined
  let name: unknown
  let images = 0
  let problem: string | undefined
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') {
        if (part.fieldname === 'name') name = part.value
        continue
      }
      if (part.fieldname === 'image') images += 1
      else problem ??= 'The image must be in the field "image"'
      if (images > 1) problem ??= 'Send one image only'
      if (problem === undefined) file = await readImage(part, account)
      else part.file.resume()
    }
  } catch (error) {
    account.release()
    // What was wrong first is told, not what followed from it.
    if (problem === undefined) throw formError(error)
  }
  if (problem !== undefined) throw new RequestError(400, problem)
  return { file, name }
}
