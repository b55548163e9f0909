import { connect } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { createFacade } from '../../src/facade/index.ts'
import type { Face, FaceAdded } from '../../src/recognition/index.ts'
import { useCleanups } from '../support/cleanups.ts'
import { createFacadeWorld } from '../support/facade-services.ts'
import { type Exchange, exchange, postJson } from '../support/http-exchange.ts'
import { fixture } from '../support/recordings.ts'

const cleanup = useCleanups()
const JPEG = fixture('frame-small.jpg')
const ADDED: FaceAdded = { ok: true, message: "Permitted face 'Alice' added." }
const PATH = '/api/v1/recognition/add-permitted-face'
const NO_IMAGE = 'No image provided or image buffer is empty'

const start = async (added: FaceAdded = ADDED) => {
  const faces: Face[] = []
  const world = createFacadeWorld()
  const recognition = {
    look: () => undefined,
    onComplete: () => () => undefined,
    addFace: async (face: Face) => {
      faces.push(face)
      return added
    },
  }
  const facade = createFacade(
    { ...world.deps, recognition },
    {
      host: '127.0.0.1',
      port: 0,
      nodeEnv: 'production',
      apiKey: undefined,
      legacyOpen: false,
      rateLimitMax: 1_000_000,
    },
  )
  const { host, port } = await facade.start()
  cleanup(() => facade.stop())
  return { url: `http://${host}:${port}${PATH}`, port, faces, world }
}

type Fields = readonly (readonly [string, string | Uint8Array])[]

/** A form that is all right but for its name. */
const named = (name: string): Fields => [
  ['image', JPEG],
  ['name', name],
]

/** Sends a form as a client does; bytes are files. */
const send = async (url: string, fields: Fields): Promise<Exchange> => {
  const form = new FormData()
  for (const [field, value] of fields) {
    if (typeof value === 'string') form.append(field, value)
    else form.append(field, new Blob([value], { type: 'image/jpeg' }), 'Alice.jpg')
  }
  const packed = new Response(form)
  const headers = { 'Content-Type': packed.headers.get('content-type') ?? '' }
  return exchange(url, { method: 'POST', headers, body: Buffer.from(await packed.arrayBuffer()) })
}

describe('POST /api/v1/recognition/add-permitted-face', () => {
  test('hands picture and name to the service and answers what it said', async () => {
    const { url, faces } = await start()
    const answer = await send(url, named(' Alice '))
    expect(answer.status).toBe(200)
    const { message } = ADDED as { message: string }
    expect(answer.json).toEqual({ success: true, message, data: { status: 'success', message } })
    expect(faces).toMatchObject([{ name: 'Alice', filename: 'Alice.jpg', contentType: 'image/jpeg' }])
    expect(JPEG.equals(faces[0]?.image ?? Buffer.alloc(0))).toBe(true)
  })

  test('takes the fields in any order, and ignores other texts', async () => {
    const { url, faces } = await start()
    const answer = await send(url, [
      ['group', 'staff'],
      ['name', 'Ænne O’Neil'],
      ['image', JPEG],
    ])
    expect(answer.status).toBe(200)
    expect(faces).toMatchObject([{ name: 'Ænne O’Neil' }])
  })

  test.each<[string, Fields, number, RegExp]>([
    ['no image', [['name', 'A']], 400, new RegExp(NO_IMAGE)],
    ['an image as text', [['image', 'x']], 400, new RegExp(NO_IMAGE)],
    ['an empty image', [['image', new Uint8Array()]], 400, new RegExp(NO_IMAGE)],
    ['no name', [['image', JPEG]], 400, /^Subject name is required$/],
    ['a blank name', named(' '), 400, /^Subject name is required$/],
    ['a path as name', named('../A'), 400, /must not hold/],
    ['a name too long', named('A'.repeat(2_000)), 400, /at most 100/],
    ['a name with a line break', named('A\nB'), 400, /must not hold/],
    [
      'another field',
      [
        ['file', JPEG],
        ['name', 'A'],
      ],
      400,
      /field "image"/,
    ],
    [
      'two images',
      [
        ['image', JPEG],
        ['image', JPEG],
      ],
      400,
      /one image only/,
    ],
    [
      'many images',
      Array.from({ length: 9 }, () => ['image', JPEG] as const),
      400,
      /one image|image in a form/,
    ],
    ['an image too large', [['image', new Uint8Array(10_485_761)]], 413, /at most 10485760 bytes/],
    ['a large file in another field', [['file', new Uint8Array(20_000_000)]], 400, /field "image"/],
  ])('refuses a form with %s', async (_case, fields, status, error) => {
    const { url, faces } = await start()
    const answer = await send(url, fields)
    expect(answer.status).toBe(status)
    expect(answer.json).toMatchObject({ success: false, error: expect.stringMatching(error) })
    expect(faces).toEqual([])
  })

  test('refuses what is no form', async () => {
    const { url, world } = await start()
    expect((await postJson(url, { name: 'A' })).json).toEqual({ success: false, error: NO_IMAGE })
    expect((await postJson(url, 'null')).status).toBe(400)
    expect((await exchange(url, { method: 'POST' })).json).toEqual({ success: false, error: NO_IMAGE })
    const forms: readonly (readonly [string, string])[] = [
      ['multipart/form-data', 'x'],
      ['multipart/form-data; boundary=b', 'rubbish'],
      [
        'multipart/form-data; boundary=b',
        '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nhalf',
      ],
      ['multipart/form-data; boundary=b', ''],
      [
        'multipart/form-data; boundary=b',
        '--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\nx\r\n--b--',
      ],
    ]
    for (const [type, body] of forms) {
      const answer = await exchange(url, { method: 'POST', headers: { 'Content-Type': type }, body })
      expect(answer.status).toBe(400)
      expect(answer.json).toMatchObject({ success: false, error: expect.any(String) })
    }
    expect(world.logged).toEqual([])
  })

  test('survives a client that goes in the middle of its image', async () => {
    const { url, port, world } = await start()
    const socket = connect(port, '127.0.0.1')
    const part = '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\nContent-Type: multipart/form-data; boundary=b`
    await new Promise<void>((resolve) => socket.write(`${head}\r\n\r\n${part}some`, () => resolve()))
    socket.destroy()
    expect((await send(url, named('A'))).status).toBe(200)
    expect(world.logged).toEqual([])
  })

  test.each<[FaceAdded, number, object]>([
    [
      { ok: false, reason: 'disabled', detail: 'Face recognition service is disabled.' },
      503,
      { success: false, error: 'Face recognition service is disabled.' },
    ],
    [{ ok: false, reason: 'busy', detail: 'Wait.' }, 503, { success: false, error: 'Wait.' }],
    [
      { ok: false, reason: 'refused', detail: 'No face in it' },
      500,
      { success: false, error: 'Failed to add permitted face.', details: 'No face in it' },
    ],
    [
      { ok: false, reason: 'unreachable', detail: 'ECONNREFUSED' },
      500,
      { success: false, error: 'Failed to add permitted face.', details: 'ECONNREFUSED' },
    ],
  ])('answers to %j as documented', async (added, status, body) => {
    const { url } = await start(added)
    const answer = await send(url, named('A'))
    expect(answer.status).toBe(status)
    expect(answer.json).toEqual(body)
  })
})
