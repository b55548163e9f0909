/** A face service that answers what a test wants it to, in the shape of the real one. */
import { type HttpService, startHttpService } from './http-service.ts'

export interface FaceAnswer {
  readonly status: number
  readonly body: unknown
}

export interface FaceService extends HttpService {
  /** What it answers from now on to a frame and to a new face. */
  readonly answers: { recognize: FaceAnswer; addFace: FaceAnswer }
  /** How often it was asked, by path. */
  readonly asked: ReadonlyMap<string, number>
}

const ok = (body: unknown): FaceAnswer => ({ status: 200, body })

export const PERMITTED = ok({
  status: 'permitted_face',
  recognizedAs: 'Alice',
  confidence: 0.71,
  faces_detected: 1,
  processing_time: 0.05,
  total_processing_time: 0.06,
})
export const UNKNOWN = ok({
  status: 'unknown_face',
  recognizedAs: null,
  confidence: 0,
  faces_detected: 1,
  processing_time: 0.05,
  total_processing_time: 0.06,
})
export const NO_FACE = ok({ status: 'no_face_detected', faces_detected: 0, processing_time: 0.02 })
export const SOMETHING_ELSE = ok({
  status: 'error',
  message: 'boom',
  processing_time: 0,
  total_processing_time: 0.01,
})
export const BROKEN: FaceAnswer = {
  status: 500,
  body: { status: 'error', message: 'An internal server error occurred.' },
}
export const ADDED_AS_SHIPPED = ok({ success: true, message: "Permitted face 'Alice' added." })
export const ADDED_WITH_STATUS = ok({ status: 'success', message: "Permitted face 'Alice' added." })

export const startFaceService = async (): Promise<FaceService> => {
  const answers = { recognize: PERMITTED, addFace: ADDED_WITH_STATUS }
  const asked = new Map<string, number>()
  const service = await startHttpService((request, response) => {
    const path = request.url ?? ''
    asked.set(path, (asked.get(path) ?? 0) + 1)
    request.resume().once('end', () => {
      const answer = path.endsWith('/recognize') ? answers.recognize : answers.addFace
      response.writeHead(answer.status, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(answer.body))
    })
  })
  return { ...service, answers, asked }
}
