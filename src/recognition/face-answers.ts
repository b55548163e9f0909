/** What the answers of the face service mean, in the words of the older backend. Pure. */
import type { FaceAnswer } from './face-client.ts'
import type { FaceAdded, Recognition } from './recognition-service.ts'

type Fields = { readonly [field: string]: unknown }

const DISABLED_TEXT = 'Face recognition service is disabled.'
const UNEXPECTED = 'Unexpected response structure from recognition service.'
/** Details go to every WebSocket client: what is longer is cut. */
const MAX_DETAIL_CHARACTERS = 2_000

const fieldsOf = (json: unknown): Fields =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Fields) : {}

const textOr = <T>(value: unknown, otherwise: T): string | T =>
  typeof value === 'string' && value !== '' ? value.slice(0, MAX_DETAIL_CHARACTERS) : otherwise

const numberOr = <T>(value: unknown, otherwise: T): number | T =>
  typeof value === 'number' && Number.isFinite(value) ? value : otherwise

const serviceError = (error: string, details?: string): Recognition => ({
  status: 'service_error',
  recognizedAs: null,
  error,
  ...(details === undefined ? {} : { details }),
})

/** What every look is answered with while no service is set. */
export const recognitionDisabled: Recognition = {
  status: 'service_disabled',
  recognizedAs: null,
  error: DISABLED_TEXT,
}

/** @param why - a few words */
export const recognitionUnreachable = (why: string): Recognition =>
  serviceError(`Failed to connect to recognition service: ${why}`)

const isOk = (status: number): boolean => status >= 200 && status < 300

/** Fields that the service left out are left out again: an undefined one is not in the JSON text. */
const timeOf = ({ processing_time }: Fields) => ({ processing_time: numberOr(processing_time, undefined) })

const recognized = (said: Fields, face: Fields): Recognition => ({
  status: 'recognized',
  recognizedAs: textOr(said.recognizedAs, textOr(face.name, 'Unknown')),
  confidence: numberOr(said.confidence, numberOr(face.confidence, null)),
  faces_detected: numberOr(said.faces_detected, undefined),
  ...timeOf(said),
})

const unknownFace = (said: Fields): Recognition => ({
  status: 'unknown_face',
  recognizedAs: null,
  faces_detected: numberOr(said.faces_detected, undefined),
  ...timeOf(said),
})

const noFaces = (said: Fields): Recognition => ({
  status: 'no_faces',
  recognizedAs: null,
  faces_detected: 0,
  ...timeOf(said),
})

const unexpected = (said: Fields, { text, json }: FaceAnswer): Recognition => ({
  status: textOr(said.status, 'service_error'),
  recognizedAs: null,
  error: UNEXPECTED,
  details: text.length <= MAX_DETAIL_CHARACTERS ? json : text.slice(0, MAX_DETAIL_CHARACTERS),
})

const readable = (answer: FaceAnswer): Recognition => {
  const said = fieldsOf(answer.json)
  const faces: readonly unknown[] = Array.isArray(said.recognized_faces) ? said.recognized_faces : []
  switch (said.status) {
    case 'permitted_face':
      return recognized(said, fieldsOf(faces[0]))
    case 'unknown_face':
      return unknownFace(said)
    case 'no_face_detected':
    case 'no_faces':
      return noFaces(said)
    // Some services count the faces instead of judging them.
    case 'success':
      if (faces.length > 0) return recognized(said, fieldsOf(faces[0]))
      return numberOr(said.faces_detected, 0) > 0 ? unknownFace(said) : noFaces(said)
    default:
      return unexpected(said, answer)
  }
}

/** What is told of a frame that the service was shown: the table of the contract, row by row. */
export const recognitionOf = (answer: FaceAnswer): Recognition => {
  if (!isOk(answer.status)) {
    const details = answer.text.slice(0, MAX_DETAIL_CHARACTERS)
    return serviceError(`Recognition service returned ${answer.status}`, details)
  }
  if (answer.json === undefined) return serviceError('Recognition service sent an answer that is not JSON')
  return readable(answer)
}

export const faceDisabled: FaceAdded = { ok: false, reason: 'disabled', detail: DISABLED_TEXT }

/** @param why - a few words */
export const faceUnreachable = (why: string): FaceAdded => ({
  ok: false,
  reason: 'unreachable',
  detail: `Failed to connect to recognition service: ${why}`,
})

/** The outcome of adding a face. Services say `success: true`, `status: "success"`, or both. */
export const faceAddedOf = (answer: FaceAnswer, name: string): FaceAdded => {
  const said = fieldsOf(answer.json)
  const sentence = textOr(said.message, textOr(said.error, textOr(said.detail, undefined)))
  if (isOk(answer.status) && (said.success === true || said.status === 'success')) {
    return { ok: true, message: sentence ?? `Permitted face '${name}' added.` }
  }
  const detail = sentence ?? `Recognition service returned ${answer.status}`
  return { ok: false, reason: 'refused', detail }
}
