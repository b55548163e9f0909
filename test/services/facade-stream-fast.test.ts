import { readdir, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import type { Device } from '../../bridge/index.ts'
import { useCleanups } from '../support/cleanups.ts'
import { deviceId } from '../support/facade-services.ts'
import {
  CAM,
  deviceOf,
  type FrameWorld,
  formOf,
  JPEG_4999,
  JPEG_5000,
  JPEG_TYPE,
  NOT_A_JPEG,
  SKETCH_HEADERS,
  startFrameWorld,
  VGA,
} from '../support/frame-world.ts'
import { exchange, postJson } from '../support/http-exchange.ts'

const cleanup = useCleanups()

const start = async (): Promise<FrameWorld> => {
  const world = await startFrameWorld()
  cleanup(world.stop)
  return world
}

const FAILURE = { success: false, error: expect.any(String) }

describe('POST /stream/fast', () => {
  test('answers 200 when the picture can be loaded, byte for byte', async () => {
    const world = await start()
    const answer = await world.post('fast', VGA)
    expect(answer.status).toBe(200)
    expect(answer.text).toBe('{"success":true}')
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.headers['content-length']).toBe('16')
    const [frame] = world.stored
    expect(frame).toMatchObject({ deviceId: CAM, bytes: VGA.length })
    expect(frame?.filename).toBe(`ESP32-CAM-001_${frame?.at}.jpg`)
    const file = await world.get(`/data/${frame?.filename}`)
    expect(file.status).toBe(200)
    expect(file.bytes.equals(VGA)).toBe(true)
  })

  test('takes 5,000 bytes and refuses 4,999', async () => {
    const world = await start()
    expect((await world.post('fast', JPEG_5000)).status).toBe(200)
    const refused = await world.post('fast', JPEG_4999)
    expect(refused.status).toBe(400)
    expect(refused.json).toEqual(FAILURE)
    expect(world.refused).toEqual([{ deviceId: CAM, reason: 'too-small' }])
  })

  test('takes a chunked body, octets and a form', async () => {
    const world = await start()
    const chunked = await exchange(`${world.url}/api/v1/stream/fast`, {
      method: 'POST',
      headers: { ...JPEG_TYPE, 'Transfer-Encoding': 'chunked' },
      body: VGA,
    })
    expect(chunked.status).toBe(200)
    const octets = { 'Content-Type': 'application/octet-stream', 'X-Device-ID': 'phone-1' }
    expect((await world.post('fast', VGA, octets)).status).toBe(200)
    const form = formOf(VGA)
    expect((await world.post('fast', form.body, form.headers)).status).toBe(200)
    expect(world.stored.map(({ deviceId: id, bytes }) => [id, bytes])).toEqual([
      ['unknown_device', VGA.length],
      ['phone-1', VGA.length],
      ['mp-cam', VGA.length],
    ])
  })

  test.each<[number, string, string | Uint8Array, { readonly [name: string]: string }]>([
    [400, 'no picture', NOT_A_JPEG, JPEG_TYPE],
    [400, 'an empty body', '', JPEG_TYPE],
    [400, 'no body at all', '', {}],
    [415, 'JSON', '{"test":1}', { 'Content-Type': 'application/json' }],
    [415, 'null', 'null', { 'Content-Type': 'application/json' }],
    [415, 'a PNG', VGA, { 'Content-Type': 'image/png' }],
    [415, 'no content type', VGA, {}],
    [415, 'a type that is none', VGA, { 'Content-Type': 'jpeg' }],
    [400, 'a form without a boundary', VGA, { 'Content-Type': 'multipart/form-data' }],
    [400, 'a form that is none', VGA, { 'Content-Type': 'multipart/form-data; boundary=x' }],
    [400, 'a form cut off', formOf(VGA).body.subarray(0, 900), formOf(VGA).headers],
    [
      400,
      'a form without a file',
      formOf(VGA, 'b', 'name="image"').body.subarray(0, 60),
      formOf(VGA, 'b').headers,
    ],
    [400, 'a form whose file is empty', formOf(Buffer.alloc(0)).body, formOf(VGA).headers],
    [400, 'an id with a path', VGA, { ...JPEG_TYPE, 'Device-ID': '../evil' }],
    [400, 'an id with a quote', VGA, { ...JPEG_TYPE, 'Device-ID': 'a"b' }],
    [400, 'an id with a wildcard', VGA, { ...JPEG_TYPE, 'X-Device-ID': '+' }],
    [400, 'an id too long', VGA, { ...JPEG_TYPE, 'Device-ID': 'x'.repeat(101) }],
  ])('answers %i to %s and stores nothing', async (status, _what, body, headers) => {
    const world = await start()
    const answer = await world.post('fast', body, headers)
    expect(answer.status).toBe(status)
    expect(answer.json).toMatchObject(FAILURE)
    expect(world.stored).toEqual([])
    expect(await readdir(world.framesFolder)).toEqual([])
    expect((await world.post('fast', VGA)).status).toBe(200)
  })

  test.each(['raw', 'chunked', 'form'])('answers 413 to %s over 20 MiB', async (way) => {
    const world = await start()
    const huge = Buffer.alloc(20_971_521, 1)
    const form = formOf(huge)
    const answer =
      way === 'form'
        ? await world.post('fast', form.body, form.headers)
        : await world.post('fast', huge, {
            ...SKETCH_HEADERS,
            ...(way === 'chunked' ? { 'Transfer-Encoding': 'chunked' } : {}),
          })
    expect(answer.status).toBe(413)
    expect(answer.json).toMatchObject(FAILURE)
    expect(world.refused).toEqual([{ deviceId: way === 'form' ? 'mp-cam' : CAM, reason: 'too-large' }])
  })

  test('answers as soon as a body is known to be too large', async () => {
    const world = await start()
    const sent = httpRequest(`${world.url}/api/v1/stream/fast`, {
      method: 'POST',
      headers: { ...SKETCH_HEADERS, 'Content-Length': '20971521' },
    })
    cleanup(() => sent.destroy())
    const status = new Promise((resolve, reject) => {
      sent.once('response', ({ statusCode }) => resolve(statusCode))
      sent.once('error', reject)
    })
    sent.write('the beginning')
    expect(await status).toBe(413)
  })

  test('takes ids of any script, and the URL that is announced works', async () => {
    const world = await start()
    // Node writes headers as Latin-1: these are the UTF-8 bytes a board sends.
    for (const id of ['küche', '🛰 1', '..', '.x', '%2e%2e', 'CON', "it's", 'a\\..\\b', '🛰'.repeat(50)]) {
      const bytes = Buffer.from(id).toString('latin1')
      const answer = await world.post('fast', VGA, { ...JPEG_TYPE, 'Device-ID': bytes })
      expect([id, answer.status]).toEqual([id, 200])
      const frame = world.stored.at(-1)
      expect(frame?.deviceId).toBe(id)
      const file = await world.get(`/data/${encodeURIComponent(frame?.filename ?? '')}`)
      expect([id, file.status, file.bytes.length]).toEqual([id, 200, VGA.length])
    }
    expect(await readdir(world.framesFolder)).toHaveLength(9)
    expect((await readdir(world.folder)).sort()).toEqual(['frames', 'recordings'])
  })

  test('counts a picture of an id that is none', async () => {
    const world = await start()
    await world.post('fast', VGA, { ...JPEG_TYPE, 'Device-ID': '../evil' })
    await world.post('stream', VGA, { ...JPEG_TYPE, 'Device-ID': 'a/b' })
    expect(world.refused).toEqual([1, 2].map(() => ({ deviceId: null, reason: 'bad-device-id' })))
  })

  test('makes the camera known, with what its headers say', async () => {
    const world = await start()
    await world.post('fast', VGA)
    expect(await deviceOf(world)).toMatchObject({
      name: 'ESP32-CAM OV2640',
      type: 'ESP32-CAM',
      ipAddress: '192.168.1.50',
      reportedStatus: 'online',
      uptimeMs: 123456,
      freeHeap: 145000,
      wifiRssi: -58,
    })
  })

  test('gives a camera that says nothing the names of the older backend', async () => {
    const world = await start()
    await world.post('fast', VGA, JPEG_TYPE)
    expect(await deviceOf(world, deviceId('unknown_device'))).toMatchObject({
      name: 'OV2640-CAM',
      type: 'ESP32-CAM',
      ipAddress: '0.0.0.0',
    })
  })

  test('leaves what a registered camera said when the headers are silent', async () => {
    const world = await start()
    const said = { deviceId: 'reg', deviceName: 'Door', deviceType: 'camera', ipAddress: '10.0.0.9' }
    await postJson(`${world.url}/api/v1/devices/register`, said)
    await world.post('fast', VGA, { ...JPEG_TYPE, 'Device-ID': 'reg', 'Device-Uptime': '77.9 s' })
    expect(await deviceOf(world, deviceId('reg'))).toMatchObject({
      name: 'Door',
      type: 'camera',
      ipAddress: '10.0.0.9',
      uptimeMs: 77,
    })
  })

  test('reads the headers again after 5 s, and takes each picture as a sign of life', async () => {
    const world = await start()
    const sendAt = async (uptime: string): Promise<Device> => {
      await world.post('fast', VGA, { ...SKETCH_HEADERS, 'Device-Uptime': uptime })
      return deviceOf(world)
    }
    const first = await sendAt('1000')
    world.time.pass(4_000)
    const second = await sendAt('5000')
    expect(second.uptimeMs).toBe(1_000)
    expect(second.lastSeen).toBeGreaterThanOrEqual(first.lastSeen + 4_000)
    world.time.pass(1_000)
    expect((await sendAt('6000')).uptimeMs).toBe(6_000)
  })

  test('reads no numbers where there are none', async () => {
    const world = await start()
    const odd = {
      'Device-Uptime': 'soon',
      'Device-FreeHeap': '-1',
      'Device-WifiRssi': '1e9',
      'Device-Capabilities': 'x',
    }
    expect((await world.post('fast', VGA, { ...SKETCH_HEADERS, ...odd })).status).toBe(200)
    expect(await deviceOf(world)).toMatchObject({ uptimeMs: 0, freeHeap: 0, wifiRssi: 1, capabilities: [] })
  })

  test('answers while the device store is away', async () => {
    const world = await start()
    world.outage.devices = true
    expect((await world.post('fast', VGA)).status).toBe(200)
  })

  test('answers 503 while the disk takes nothing, and 200 when it does again', async () => {
    const world = await start()
    await rm(world.framesFolder, { recursive: true })
    await writeFile(world.framesFolder, 'a file in the way')
    const answer = await world.post('fast', VGA)
    expect(answer.status).toBe(503)
    expect(answer.json).toEqual({ success: false, error: 'No more pictures can be stored at the moment' })
    expect(answer.headers['retry-after']).toBe('1')
    await rm(world.framesFolder)
    expect((await world.post('fast', VGA)).status).toBe(200)
    expect(world.refused).toEqual([{ deviceId: CAM, reason: 'disk' }])
  })
})
