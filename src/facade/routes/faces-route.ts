import multipart from '@fastify/multipart'
import type { FaceAdded } from '../../recognition/index.ts'
import type { FacadeApp, RouteDeps } from '../app.ts'
import { addFaceAnswer, addFaceRefusal, faceName } from '../contract/recognition.ts'
import { FACE_FORM_LIMITS, readFaceForm } from '../http/face-form.ts'

type Refused = Extract<FaceAdded, { ok: false }>

const NO_IMAGE = 'No image provided or image buffer is empty'
const NOT_ADDED = 'Failed to add permitted face.'
const RETRY_AFTER_S = 5

const failure = (error: string) => ({ success: false, error }) as const

const refusalOf = ({ reason, detail }: Refused) => {
  if (reason === 'disabled' || reason === 'busy') return { status: 503, answer: failure(detail) } as const
  // 500 as in the contract (3.19), though the trouble is behind this server and not in it.
  return { status: 500, answer: { ...failure(NOT_ADDED), details: detail } } as const
}

const useAddFace = (app: FacadeApp, { recognition, bodies }: RouteDeps): void => {
  const response = { 200: addFaceAnswer, '4xx': addFaceRefusal, '5xx': addFaceRefusal }
  app.post('/recognition/add-permitted-face', { schema: { response } }, async (request, reply) => {
    const { file, name: given } = await readFaceForm(request, bodies)
    if (file === undefined) return reply.code(400).send(failure(NO_IMAGE))
    const name = faceName.safeParse(given)
    if (!name.success) return reply.code(400).send(failure(name.error.issues[0]?.message ?? 'Bad name'))
    const added = await recognition.addFace({ ...file, name: name.data })
    if (added.ok) {
      const { message } = added
      return { success: true as const, message, data: { status: 'success' as const, message } }
    }
    if (added.reason === 'busy') reply.header('Retry-After', RETRY_AFTER_S)
    const { status, answer } = refusalOf(added)
    return reply.code(status).send(answer)
  })
}

/** `POST /api/v1/recognition/add-permitted-face`: handed on to the face service. Forms are read here only. */
export const facesRoute = (app: FacadeApp, deps: RouteDeps): void => {
  app.register(async (forms: FacadeApp) => {
    await forms.register(multipart, { limits: FACE_FORM_LIMITS })
    useAddFace(forms, deps)
  })
}
