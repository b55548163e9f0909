/** A face service that answers what a test wants it to, in the shape of the real one. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FaceAnswer {
  readonly status: number
  readonly body: unknown
}

export interface FaceService {
  readonly url: string
  /** What it answers from now on to a frame and to a new face. */
  readonly answers: { recognize: FaceAnswer; addFace: FaceAnswer }
  /** How often it was asked, by path. */
  readonly asked: ReadonlyMap<string, number>
  close(): Promise<void>
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
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.set(path, (asked.get(path) ?? 0) + 1)
    request.resume().once('end', () => {
      const answer = path.endsWith('/recognize') ? answers.recognize : answers.addFace
      response.writeHead(answer.status, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(answer.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    answers,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
