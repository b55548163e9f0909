import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { deviceId } from '../support/facade-services.ts'
import {
  CAM,
  deviceOf,
  type FrameWorld,
  formOf,
  JPEG_5000,
  JPEG_TYPE,
  NOT_A_JPEG,
  SKETCH_HEADERS,
  SMALL,
  startFrameWorld,
  VGA,
} from '../support/frame-world.ts'

const cleanup = useCleanups()

const start = async (): Promise<FrameWorld> => {
  const world = await startFrameWorld()
  cleanup(world.stop)
  return world
}

const FAILURE = { success: false, error: expect.any(String) }

describe('POST /stream/stream', () => {
  test('answers what was stored and shows it to the face service', async () => {
    const world = await start()
    const answer = await world.post('stream', SMALL)
    expect(answer.status).toBe(200)
    const [frame] = world.stored
    expect(answer.text).toBe(
      JSON.stringify({
        success: true,
        message: 'Frame received and enhanced successfully.',
        filename: frame?.filename,
        timestamp: frame?.at,
        size: 615,
        deviceStatus: 'online',
      }),
    )
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(world.looked).toEqual([frame])
    expect((await world.get(`/data/${frame?.filename}`)).bytes.equals(SMALL)).toBe(true)
  })

  test('takes octets under X-Device-ID, and a form', async () => {
    const world = await start()
    const octets = {
      'Content-Type': 'application/octet-stream',
      'X-Device-ID': 'phone-1',
      'X-Frame-Width': '640',
    }
    expect((await world.post('stream', VGA, octets)).status).toBe(200)
    const form = formOf(SMALL)
    expect((await world.post('stream', form.body, form.headers)).status).toBe(200)
    expect(world.stored.map(({ deviceId: id }) => id)).toEqual(['phone-1', 'mp-cam'])
  })

  test('says that an empty picture is empty', async () => {
    const world = await start()
    const answer = await world.post('stream', '')
    expect(answer.status).toBe(400)
    expect(answer.json).toEqual({ success: false, error: 'Empty image buffer received.' })
  })

  test.each<[number, string, string | Uint8Array, { readonly [name: string]: string }]>([
    [400, 'the probe of old firmware', '{"test":true}', { 'Content-Type': 'application/json' }],
    [400, 'null', 'null', { 'Content-Type': 'application/json' }],
    [400, 'no content type', VGA, {}],
    [400, 'no picture', NOT_A_JPEG, SKETCH_HEADERS],
    [400, 'a picture cut off', VGA.subarray(0, 12_000), SKETCH_HEADERS],
    [400, 'capabilities that are no JSON', VGA, { ...SKETCH_HEADERS, 'Device-Capabilities': 'camera,pan' }],
    [400, 'capabilities that are no array', VGA, { ...SKETCH_HEADERS, 'Device-Capabilities': 'null' }],
    [400, 'capabilities that are no texts', VGA, { ...SKETCH_HEADERS, 'Device-Capabilities': '[1]' }],
    [400, 'an id with a path', VGA, { ...SKETCH_HEADERS, 'Device-ID': '../../etc/x' }],
    [413, 'over 10 MiB', Buffer.alloc(10_485_761, 1), SKETCH_HEADERS],
    [413, 'a form over 10 MiB', formOf(Buffer.alloc(10_485_761)).body, formOf(SMALL).headers],
  ])('answers %i to %s', async (status, _what, body, headers) => {
    const world = await start()
    const answer = await world.post('stream', body, headers)
    expect(answer.status).toBe(status)
    expect(answer.json).toMatchObject(FAILURE)
    expect(world.stored).toEqual([])
    expect(world.looked).toEqual([])
  })

  test('shows a camera whose picture is none as failing, until the next one that is', async () => {
    const world = await start()
    expect((await world.post('stream', NOT_A_JPEG)).json).toEqual({
      success: false,
      error: 'Failed to process JPEG frame',
      details: expect.any(String),
    })
    expect((await deviceOf(world)).reportedStatus).toBe('error')
    await world.post('stream', VGA, { ...JPEG_TYPE, 'Device-ID': CAM })
    expect((await deviceOf(world)).reportedStatus).toBe('online')
    await world.post('stream', NOT_A_JPEG, JPEG_TYPE)
    expect(await world.bridge.devices.get(deviceId('unknown_device'))).toMatchObject({
      name: 'Unnamed Device',
      type: 'unknown',
      reportedStatus: 'online',
    })
  })

  test('reads the headers of each picture', async () => {
    const world = await start()
    await world.post('stream', SMALL, { ...JPEG_TYPE, 'Device-ID': CAM })
    expect(await deviceOf(world)).toMatchObject({
      name: 'Unnamed Device',
      type: 'unknown',
      ipAddress: '0.0.0.0',
    })
    const able = { 'Device-Capabilities': '["camera","pan"]', 'Device-Status': 'warning' }
    await world.post('stream', SMALL, { ...SKETCH_HEADERS, ...able })
    expect(await deviceOf(world)).toMatchObject({
      name: 'ESP32-CAM OV2640',
      capabilities: ['camera', 'pan'],
      reportedStatus: 'warning',
    })
  })
})

describe('GET /stream/frames', () => {
  test('lists what is on disk, newest first', async () => {
    const world = await start()
    await world.post('stream', SMALL)
    world.time.pass(1_000)
    await world.post('stream', VGA, { ...JPEG_TYPE, 'Device-ID': Buffer.from('küche').toString('latin1') })
    const answer = await world.get('/api/v1/stream/frames')
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-cache')
    const [first, second] = world.stored
    expect(answer.json).toEqual({
      success: true,
      data: [
        {
          id: `k%C3%BCche_${second?.at}.jpg`,
          url: `/data/k%25C3%25BCche_${second?.at}.jpg`,
          createdAt: new Date(second?.at ?? 0).toISOString(),
          size: VGA.length,
        },
        {
          id: first?.filename,
          url: `/data/${first?.filename}`,
          createdAt: new Date(first?.at ?? 0).toISOString(),
          size: 615,
        },
      ],
    })
    for (const { url } of (answer.json as { data: { url: string }[] }).data) {
      expect((await world.get(url)).status).toBe(200)
    }
  })

  test('is empty when there are none, and no longer than asked', async () => {
    const world = await start()
    expect((await world.get('/api/v1/stream/frames')).json).toEqual({ success: true, data: [] })
    for (let i = 0; i < 3; i += 1) await world.post('stream', SMALL)
    const listed = async (query: string): Promise<number> =>
      ((await world.get(`/api/v1/stream/frames${query}`)).json as { data: unknown[] }).data.length
    expect(await listed('?limit=2')).toBe(2)
    expect(await listed('?limit=0')).toBe(3)
  })

  test('knows at once what MQTT brought', async () => {
    const world = await start()
    const message = { topic: 'cameras/mq/frame', payload: JPEG_5000, qos: 1 as const, retain: false }
    const error = await new Promise((resolve) => world.bridge.intake(message, 'mq', resolve))
    expect(error).toBeUndefined()
    const frame = await eventually(() => world.stored[0])
    expect(await readdir(world.framesFolder)).toEqual([frame.filename])
    expect((await world.get(join('/data', frame.filename))).bytes.equals(JPEG_5000)).toBe(true)
  })
})
