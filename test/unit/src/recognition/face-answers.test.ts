import { describe, expect, test } from '@jest/globals'
import { faceAddedOf, recognitionOf } from '../../../../src/recognition/face-answers.ts'

const answer = (body: unknown, status = 200) => ({ status, text: JSON.stringify(body), json: body })
const UNEXPECTED = 'Unexpected response structure from recognition service.'

describe('what is told of a frame', () => {
  const times = { processing_time: 0.05, total_processing_time: 0.06 }

  test.each([
    [
      { status: 'permitted_face', recognizedAs: 'Alice', confidence: 0.71, faces_detected: 1, ...times },
      {
        status: 'recognized',
        recognizedAs: 'Alice',
        confidence: 0.71,
        faces_detected: 1,
        processing_time: 0.05,
      },
    ],
    [
      { status: 'unknown_face', recognizedAs: 'x', confidence: 0, faces_detected: 2, ...times },
      { status: 'unknown_face', recognizedAs: null, faces_detected: 2, processing_time: 0.05 },
    ],
    [
      { status: 'no_face_detected', faces_detected: 3, ...times },
      { status: 'no_faces', recognizedAs: null, faces_detected: 0, processing_time: 0.05 },
    ],
    [
      { status: 'no_faces', processing_time: 'soon' },
      { status: 'no_faces', recognizedAs: null, faces_detected: 0 },
    ],
    [{ status: 'permitted_face' }, { status: 'recognized', recognizedAs: 'Unknown', confidence: null }],
    [
      { status: 'success', recognized_faces: [{ name: 'Bob', confidence: 0.9 }], faces_detected: 1 },
      { status: 'recognized', recognizedAs: 'Bob', confidence: 0.9, faces_detected: 1 },
    ],
    [
      { status: 'success', recognized_faces: [], faces_detected: 1 },
      { status: 'unknown_face', recognizedAs: null, faces_detected: 1 },
    ],
    [
      { status: 'success', faces_detected: 0 },
      { status: 'no_faces', recognizedAs: null, faces_detected: 0 },
    ],
    [
      { status: 'error', message: 'boom' },
      {
        status: 'error',
        recognizedAs: null,
        error: UNEXPECTED,
        details: { status: 'error', message: 'boom' },
      },
    ],
    [['x'], { status: 'service_error', recognizedAs: null, error: UNEXPECTED, details: ['x'] }],
    [null, { status: 'service_error', recognizedAs: null, error: UNEXPECTED, details: null }],
  ])('when the service answers %j', (body, told) => {
    // As clients get it: what is undefined is not there.
    expect(JSON.parse(JSON.stringify(recognitionOf(answer(body))))).toEqual(told)
  })

  test('when the service fails is its status and what it said', () => {
    expect(recognitionOf({ status: 500, text: '{"status":"error"}', json: {} })).toEqual({
      status: 'service_error',
      recognizedAs: null,
      error: 'Recognition service returned 500',
      details: '{"status":"error"}',
    })
  })

  test('is short, however much the service says', () => {
    const told = recognitionOf(answer({ status: 'new', text: 'x'.repeat(50_000) }))
    expect(told.status).toBe('new')
    expect(JSON.stringify(told).length).toBeLessThan(3_000)
    const failed = recognitionOf({ status: 404, text: 'y'.repeat(50_000), json: undefined })
    expect(JSON.stringify(failed).length).toBeLessThan(3_000)
  })
})

describe('a face', () => {
  test.each([
    { success: true, message: "Permitted face 'Alice' added." },
    { status: 'success', message: "Permitted face 'Alice' added." },
    { success: true },
    { status: 'success', message: 7 },
  ])('is added when the service answers %j', (body) => {
    expect(faceAddedOf(answer(body), 'Alice')).toEqual({ ok: true, message: "Permitted face 'Alice' added." })
  })

  test.each([
    [200, { success: false, error: 'No face in it' }, 'No face in it'],
    [200, { status: 'error', message: 'boom' }, 'boom'],
    [400, { detail: 'Empty image file received.' }, 'Empty image file received.'],
    [422, { detail: [{ loc: ['body'] }] }, 'Recognition service returned 422'],
    [500, { success: true }, 'Recognition service returned 500'],
    [204, undefined, 'Recognition service returned 204'],
  ])('is refused when the service answers %d %j', (status, body, detail) => {
    const said = { status, text: String(body), json: body }
    expect(faceAddedOf(said, 'Alice')).toEqual({ ok: false, reason: 'refused', detail })
  })
})
