import { describe, expect, test } from '@jest/globals'
import {
  createRecognition,
  type RecognitionOptions,
  type RecognitionPart,
} from '../../src/recognition/index.ts'
import { useCleanups } from '../support/cleanups.ts'
import { createDeferred } from '../support/deferred.ts'
import { closedAddress, formOf, json, serve } from '../support/http-service.ts'
import { fixture } from '../support/recordings.ts'

const cleanup = useCleanups()
const JPEG = fixture('frame-small.jpg')
const FACE = { image: JPEG, filename: 'Al"ice\r\n.jpg', contentType: 'image/jpeg', name: 'Alice "A" Ä' }

const start = (url: string | undefined, options: Partial<RecognitionOptions> = {}): RecognitionPart => {
  const recognition = createRecognition({}, { url, timeoutMs: 5_000, maxInFlight: 4, ...options })
  cleanup(() => recognition.stop())
  return recognition
}

describe('adding a face', () => {
  test('hands picture and name on as they are', async () => {
    const asked = createDeferred<{ path: string | undefined; form: FormData }>()
    const url = await serve(cleanup, (request, response) => {
      formOf(request).then((form) => {
        asked.resolve({ path: request.url, form })
        response.end(JSON.stringify({ success: true, message: 'Added.' }))
      }, asked.reject)
    })
    expect(await start(url).addFace(FACE)).toEqual({ ok: true, message: 'Added.' })
    const { path, form } = await asked.promise
    expect(path).toBe('/api/v1/recognition/add-permitted-face')
    expect(form.get('name')).toBe(FACE.name)
    expect([...form.keys()].sort()).toEqual(['image', 'name'])
    expect((form.get('image') as File).size).toBe(JPEG.length)
  })

  test('says that the service refuses, and why', async () => {
    const url = await serve(cleanup, json({ success: false, error: 'No face in it' }))
    const refused = { ok: false, reason: 'refused', detail: 'No face in it' }
    expect(await start(url).addFace(FACE)).toEqual(refused)
  })

  test('says that the service is away, too slow, or not set', async () => {
    const silent = await serve(cleanup, (request) => void request.resume())
    const late = await start(silent, { addTimeoutMs: 100 }).addFace(FACE)
    expect(late).toMatchObject({ reason: 'unreachable', detail: expect.stringMatching(/within 100 ms/) })
    expect(await start(await closedAddress()).addFace(FACE)).toMatchObject({ reason: 'unreachable' })
    expect(await start(undefined).addFace(FACE)).toMatchObject({ reason: 'disabled' })
  })

  test('is refused as busy while as many as may be are under way; a stop ends those', async () => {
    const asked = createDeferred()
    const url = await serve(cleanup, () => asked.resolve())
    const recognition = start(url, { maxInFlight: 1 })
    const first = recognition.addFace(FACE)
    await asked.promise
    expect(await recognition.addFace(FACE)).toMatchObject({ reason: 'busy' })
    await recognition.stop()
    expect(await first).toMatchObject({
      reason: 'unreachable',
      detail: expect.stringMatching(/stopping/),
    })
  })
})
