import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { beforeEach, describe, expect, test } from '@jest/globals'
import {
  createRecognition,
  type Recognition,
  type RecognitionOptions,
  type RecognitionPart,
} from '../../src/recognition/index.ts'
import { useCleanups } from '../support/cleanups.ts'
import { createDeferred } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import { deviceId, NOW } from '../support/facade-services.ts'
import { closedAddress, formOf, json, serve } from '../support/http-service.ts'
import { fixture } from '../support/recordings.ts'

const cleanup = useCleanups()
const JPEG = fixture('frame-small.jpg')
const FRAME = { deviceId: deviceId('cam'), at: NOW, filename: `cam_${NOW}.jpg`, bytes: JPEG.length }

let told: Recognition[]
let thrown: unknown[]
beforeEach(() => {
  told = []
  thrown = []
})

const start = (url: string | undefined, options: Partial<RecognitionOptions> = {}): RecognitionPart => {
  const deps = { onError: (error: unknown) => void thrown.push(error) }
  const recognition = createRecognition(deps, { url, timeoutMs: 5_000, maxInFlight: 4, ...options })
  cleanup(() => recognition.stop())
  recognition.onComplete((complete) => void told.push(complete.recognition))
  return recognition
}

const lookOnce = async (recognition: RecognitionPart): Promise<Recognition> => {
  recognition.look(FRAME, JPEG)
  await eventually(() => told.length > 0)
  return told[0] as Recognition
}

describe('a look at a frame', () => {
  test('shows the service the picture in the field `image`, and tells what it said', async () => {
    const asked = createDeferred<{ request: IncomingMessage; form: FormData }>()
    const url = await serve(cleanup, (request, response) => {
      formOf(request).then((form) => {
        asked.resolve({ request, form })
        response.end(JSON.stringify({ status: 'permitted_face', recognizedAs: 'Alice', confidence: 0.71 }))
      }, asked.reject)
    })
    const recognition = start(`${url}/faces/`)
    expect(await lookOnce(recognition)).toMatchObject({ status: 'recognized', recognizedAs: 'Alice' })
    const { request, form } = await asked.promise
    expect(`${request.method} ${request.url}`).toBe('POST /faces/api/v1/recognize')
    expect(request.headers['content-length']).toBeDefined()
    const image = form.get('image') as File
    expect(image.type).toBe('image/jpeg')
    expect(Buffer.from(await image.arrayBuffer()).equals(JPEG)).toBe(true)
    expect(recognition.stats()).toEqual({ inFlight: 0, asked: 1, skipped: 0, unanswered: 0 })
  })

  test('names the user and password of the address to the service', async () => {
    const seen = createDeferred<string | undefined>()
    const url = await serve(cleanup, (request, response) => {
      seen.resolve(request.headers.authorization)
      json({ status: 'no_faces' })(request, response)
    })
    await lookOnce(start(url.replace('//', '//us%40er:pass@')))
    expect(await seen.promise).toBe(`Basic ${Buffer.from('us@er:pass').toString('base64')}`)
  })

  const failed = (error: string) => ({ status: 'service_error', recognizedAs: null, error })
  const unreachable = (why: string) => failed(`Failed to connect to recognition service: ${why}`)

  test.each<[string, RequestListener, Recognition]>([
    ['resets the connection', (request) => request.socket.destroy(), unreachable('UND_ERR_SOCKET')],
    [
      'ends in the middle of its answer',
      (request, response) => {
        response.writeHead(200, { 'Content-Length': 1000 }).write('{"status":')
        setImmediate(() => request.socket.destroy())
      },
      unreachable('UND_ERR_SOCKET'),
    ],
    [
      'answers no JSON',
      (request, response) => void request.resume().once('end', () => response.end('<html>')),
      failed('Recognition service sent an answer that is not JSON'),
    ],
    ['sends elsewhere', json({}, 307), { ...failed('Recognition service returned 307'), details: '{}' }],
    ['fails', json({}, 500), { ...failed('Recognition service returned 500'), details: '{}' }],
  ])('is told as a service error when the service %s', async (_case, answer, recognition) => {
    expect(await lookOnce(start(await serve(cleanup, answer)))).toEqual(recognition)
  })

  test('does not name the address of a service that is away', async () => {
    const recognition = start(await closedAddress())
    expect(await lookOnce(recognition)).toEqual(unreachable('ECONNREFUSED'))
    expect(recognition.stats()).toMatchObject({ unanswered: 1 })
  })

  test.each<[string, (response: ServerResponse) => void]>([
    ['says nothing', () => undefined],
    ['never ends its answer', (response) => void response.writeHead(200).write('{"status":')],
  ])('ends at the time-out when the service %s', async (_case, answer) => {
    const url = await serve(cleanup, (request, response) => {
      request.resume()
      answer(response)
    })
    const said = await lookOnce(start(url, { timeoutMs: 100 }))
    expect(said).toEqual(unreachable('no answer within 100 ms'))
  })

  test('reads no more than the start of an answer without end', async () => {
    const closed = createDeferred()
    const url = await serve(cleanup, (request, response) => {
      request.resume()
      response.once('close', () => closed.resolve())
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    expect(await lookOnce(start(url))).toMatchObject({ status: 'service_error' })
    await closed.promise
  })

  test('is left out and counted while as many as may be are under way', async () => {
    const gate = createDeferred()
    const url = await serve(cleanup, (request, response) => {
      void gate.promise.then(() => json({ status: 'no_faces' })(request, response))
    })
    const recognition = start(url, { maxInFlight: 2 })
    for (let i = 0; i < 5; i += 1) recognition.look(FRAME, JPEG)
    expect(recognition.stats()).toEqual({ inFlight: 2, asked: 2, skipped: 3, unanswered: 0 })
    gate.resolve()
    await eventually(() => told.length === 2)
    await lookOnce(recognition)
    expect(recognition.stats()).toMatchObject({ asked: 3, skipped: 3 })
  })

  test('is answered at once while no service is set', () => {
    start(undefined).look(FRAME, JPEG)
    const error = 'Face recognition service is disabled.'
    expect(told).toEqual([{ status: 'service_disabled', recognizedAs: null, error }])
  })

  test('is told to every listener until it ends, also after one that throws', () => {
    const recognition = start(undefined)
    const bug = new Error('a bug')
    recognition.onComplete(() => {
      throw bug
    })
    const last: string[] = []
    const end = recognition.onComplete(({ frame }) => void last.push(frame.filename))
    recognition.look(FRAME, JPEG)
    end()
    recognition.look(FRAME, JPEG)
    expect(last).toEqual([FRAME.filename])
    expect(thrown).toEqual([bug, bug])
  })

  test('under way is ended by a stop, and told to nobody', async () => {
    const asked = createDeferred()
    const gone = createDeferred()
    const url = await serve(cleanup, (request) => {
      request.socket.once('close', () => gone.resolve())
      asked.resolve()
    })
    const recognition = start(url)
    recognition.look(FRAME, JPEG)
    await asked.promise
    await recognition.stop()
    await gone.promise
    recognition.look(FRAME, JPEG)
    expect(told).toEqual([])
    expect(recognition.stats()).toMatchObject({ inFlight: 0, asked: 1 })
  })
})
