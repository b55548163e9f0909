import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { createFacade } from '../../src/facade/index.ts'
import { createRecordings, type Recordings, type RecordingsOptions } from '../../src/recordings/index.ts'
import { type Cameras, createCameras, temporaryFolder } from '../support/camera-frames.ts'
import { useCleanups } from '../support/cleanups.ts'
import { createFacadeWorld, type FacadeWorld } from '../support/facade-services.ts'
import { exchange, postJson } from '../support/http-exchange.ts'
import { writeHangingProgram, writeProgram } from '../support/programs.ts'
import { fixture } from '../support/recordings.ts'

const cleanup = useCleanups()
const TOO_FEW = 'Not enough recent frames to create a video.'

let cameras: Cameras
let root: string
let url: string
let world: FacadeWorld
let recordings: Recordings

const start = async (options: Partial<RecordingsOptions> = {}, changes: Partial<Recordings> = {}) => {
  const settings = { folder: join(root, 'recordings'), ...options }
  recordings = createRecordings({ frames: cameras.frames, clock: () => cameras.now }, settings)
  await recordings.start()
  cleanup(() => recordings.stop())
  world = createFacadeWorld()
  const deps = { ...world.deps, frames: cameras.frames, recordings: { ...recordings, ...changes } }
  const facade = createFacade(deps, {
    host: '127.0.0.1',
    port: 0,
    nodeEnv: 'production',
    apiKey: undefined,
    legacyOpen: false,
    rateLimitMax: 1_000_000,
  })
  const { host, port } = await facade.start()
  cleanup(() => facade.stop())
  url = `http://${host}:${port}/api/v1/stream`
}

const shoot = async (camera: string, count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await cameras.shoot(camera, fixture('frame-5000.jpg'))
}
const record = () => exchange(`${url}/record`, { method: 'POST', headers: { 'Content-Length': '0' } })
const remove = (name: string) => exchange(`${url}/recordings/${name}`, { method: 'DELETE' })

beforeEach(async () => {
  cameras = await createCameras(cleanup)
  root = await temporaryFolder(cleanup)
})

describe('POST /api/v1/stream/record', () => {
  test('without a body films the camera with the newest frame', async () => {
    await start()
    await shoot('front', 3)
    const answer = await record()
    const recordingId = `rec_${cameras.now}.mp4`
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      success: true,
      data: { recordingId, frameCount: 3, url: `/recordings/${recordingId}` },
    })
    expect(answer.headers['cache-control']).toBeUndefined()
    expect(await readdir(recordings.folder)).toEqual([recordingId])
  })

  test('films the camera that the body or the query names', async () => {
    await start()
    await shoot('front', 2)
    await shoot('b & c', 3)
    await shoot('back', 4)
    const count = (frameCount: number) => ({ success: true, data: { frameCount } })
    expect((await postJson(`${url}/record`, { deviceId: 'front' })).json).toMatchObject(count(2))
    expect((await postJson(`${url}/record?deviceId=b%20%26%20c`, null)).json).toMatchObject(count(3))
    expect((await postJson(`${url}/record?deviceId=b`, { deviceId: 'front' })).json).toMatchObject(count(2))
    expect((await postJson(`${url}/record`, ['front'])).json).toMatchObject(count(4))
  })

  test('says 200, no success, when there are too few frames: in `message` and in `error`', async () => {
    await start()
    const answer = await record()
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({ success: false, message: TOO_FEW, error: TOO_FEW })
    await shoot('front', 2)
    const other = await postJson(`${url}/record`, { deviceId: 'nobody' })
    expect(other.json).toEqual({ success: false, message: TOO_FEW, error: TOO_FEW })
  })

  test.each([
    ['a path', { deviceId: '../x' }],
    ['a number', { deviceId: 7 }],
    ['an object', { deviceId: {} }],
    ['too long', { deviceId: 'x'.repeat(101) }],
  ])('refuses an id that is %s', async (_case, body) => {
    await start()
    const answer = await postJson(`${url}/record`, body)
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ success: false, error: expect.stringMatching(/^deviceId must be/) })
  })

  test('without ffmpeg says 503 and what to install', async () => {
    await start({ ffmpeg: join(root, 'nowhere') })
    await shoot('front', 2)
    const answer = await record()
    const error = expect.stringMatching(/Install the package ffmpeg/)
    expect(answer.status).toBe(503)
    expect(answer.json).toEqual({ success: false, error, message: error })
    expect(answer.headers['retry-after']).toBeUndefined()
  })

  test('beyond the bound says 503 and when to come again', async () => {
    const { path, pids } = await writeHangingProgram(root)
    await start({ ffmpeg: path, maxConcurrent: 1 })
    await shoot('front', 2)
    const first = record()
    await pids(1)
    const answer = await record()
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('5')
    await recordings.stop()
    expect((await first).status).toBe(503)
  })

  test('says 500 without ffmpeg’s own words when it fails', async () => {
    await start({ ffmpeg: await writeProgram(root, 'echo /secret >&2; exit 1') })
    await shoot('front', 2)
    const answer = await record()
    const error = 'The video could not be created.'
    expect(answer.status).toBe(500)
    expect(answer.json).toEqual({ success: false, error, message: error })
  })
})

describe('GET /api/v1/stream/recordings', () => {
  test('lists what there is, newest first, for no cache to keep', async () => {
    await start()
    expect((await exchange(`${url}/recordings`)).text).toBe('{"success":true,"data":[]}')
    await shoot('front', 2)
    const names: string[] = []
    for (const _ of [1, 2]) {
      const made = await recordings.record()
      names.unshift(made.ok ? made.name : '')
      cameras.now += 1_000
    }
    const answer = await exchange(`${url}/recordings`)
    expect(answer.headers['cache-control']).toBe('no-cache')
    const entry = (name: string) => ({
      id: name,
      url: `/recordings/${name}`,
      createdAt: new Date(Number(name.slice(4, -4))).toISOString(),
      size: expect.any(Number),
    })
    expect(answer.json).toEqual({ success: true, data: names.map(entry) })
  })

  test('says 500 and logs why when the folder cannot be read', async () => {
    const list = async () => {
      throw new Error('a secret path')
    }
    await start({}, { list })
    const answer = await exchange(`${url}/recordings`)
    expect(answer.status).toBe(500)
    expect(answer.json).toEqual({ success: false, error: 'Failed to retrieve recordings' })
    expect(world.logged).toHaveLength(1)
  })
})

describe('DELETE /api/v1/stream/recordings/:filename', () => {
  test('removes that recording, once', async () => {
    await start()
    await shoot('front', 2)
    const made = await recordings.record()
    const name = made.ok ? made.name : ''
    const answer = await remove(name)
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({ success: true, message: `Deleted ${name}` })
    expect(await readdir(recordings.folder)).toEqual([])
    const again = await remove(name)
    expect(again.status).toBe(404)
    expect(again.text).toBe('{"success":false,"error":"Not found"}')
  })

  test.each(['evil.mp4', '..%2Frec_1.mp4', 'rec_1.mp4%00', 'rec_1.mp4%2F..', 'rec_.mp4'])(
    'refuses %s',
    async (name) => {
      await start()
      const answer = await remove(name)
      expect(answer.status).toBe(400)
      expect(answer.text).toBe('{"success":false,"error":"Invalid filename"}')
    },
  )

  test('says 500 when the file cannot be removed', async () => {
    const fail = async () => {
      throw new Error('EPERM')
    }
    await start({}, { remove: fail })
    const answer = await remove('rec_1.mp4')
    expect(answer.status).toBe(500)
    expect(answer.json).toEqual({ success: false, error: 'Failed to delete recording' })
  })
})
