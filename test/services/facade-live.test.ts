import { describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { deviceId } from '../support/facade-services.ts'
import { type FrameWorld, JPEG_5000, SMALL, startFrameWorld, VGA } from '../support/frame-world.ts'
import { exchange } from '../support/http-exchange.ts'
import { createMjpegParser, type MjpegViewer, openViewer } from '../support/mjpeg-viewer.ts'

const cleanup = useCleanups()
const CAM = deviceId('cam')

const start = async (): Promise<FrameWorld> => {
  const world = await startFrameWorld()
  cleanup(world.stop)
  return world
}

const look = async (world: FrameWorld, camera = 'cam', options = {}): Promise<MjpegViewer> => {
  const viewer = await openViewer(`${world.url}/api/v1/stream/live/${encodeURIComponent(camera)}`, options)
  cleanup(viewer.close)
  return viewer
}

/** Whole pictures only; sizes tell them apart. */
const sizes = ({ pictures }: MjpegViewer): readonly number[] => pictures.map(({ length }) => length)

describe('GET /stream/live/:deviceId', () => {
  test('begins with the newest picture and goes on with each new one, byte for byte', async () => {
    const world = await start()
    await world.bridge.frames.take(CAM, SMALL)
    const viewer = await look(world)
    expect(viewer.status).toBe(200)
    await eventually(() => viewer.pictures.length === 1)
    for (const jpeg of [JPEG_5000, VGA]) {
      await world.bridge.frames.take(CAM, jpeg)
      await eventually(() => viewer.pictures.at(-1)?.equals(jpeg))
    }
    expect(sizes(viewer)).toEqual([SMALL.length, JPEG_5000.length, VGA.length])
  })

  test('is multipart that nobody packs, keeps or tags, and any page may show it', async () => {
    const world = await start()
    await world.bridge.frames.take(CAM, SMALL)
    const { headers } = await look(world)
    expect(headers).toMatchObject({
      'content-type': 'multipart/x-mixed-replace; boundary=sluice-frame',
      'cache-control': 'no-cache, no-store, must-revalidate',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    })
    expect(headers).not.toHaveProperty('etag')
    expect(headers).not.toHaveProperty('content-encoding')
    expect(headers).not.toHaveProperty('content-length')
  })

  test('waits for a camera that is known and has sent nothing yet', async () => {
    const world = await start()
    world.bridge.devices.describe(CAM, { name: 'Door' })
    const viewer = await look(world)
    await world.bridge.frames.take(deviceId('other'), VGA)
    await world.bridge.frames.take(CAM, SMALL)
    await eventually(() => viewer.pictures.length === 1)
    expect(sizes(viewer)).toEqual([SMALL.length])
  })

  test.each(['nobody', 'a+b', 'x'.repeat(101)])('answers 404 for %s', async (camera) => {
    const world = await start()
    const answer = await world.get(`/api/v1/stream/live/${encodeURIComponent(camera)}`)
    expect(answer.status).toBe(404)
    expect(answer.json).toEqual({ success: false, error: 'No such camera' })
  })

  test('shows several viewers the same', async () => {
    const world = await start()
    await world.bridge.frames.take(CAM, SMALL)
    const viewers = await Promise.all([look(world), look(world), look(world)])
    await world.bridge.frames.take(CAM, VGA)
    for (const viewer of viewers) await eventually(() => viewer.pictures.length === 2)
  })

  test('leaves out what a slow viewer cannot take, and shows it the newest when it can', async () => {
    const world = await start()
    // Larger than what sockets hold, so that three of them fill the way to a viewer who does not read.
    const large = Buffer.concat([VGA, Buffer.alloc(8_000_000)])
    await world.bridge.frames.take(CAM, large)
    const viewer = await look(world, 'cam', { paused: true })
    for (let i = 0; i < 20; i += 1) await world.bridge.frames.take(CAM, large)
    await world.bridge.frames.take(CAM, SMALL)
    const parser = createMjpegParser('sluice-frame')
    viewer.response.on('data', parser.feed)
    await eventually(() => parser.pictures.at(-1)?.length === SMALL.length)
    expect(parser.pictures.length).toBeLessThanOrEqual(4)
  })

  test('lets go of a viewer that has gone', async () => {
    const world = await start()
    await world.bridge.frames.take(CAM, SMALL)
    const viewers = await Promise.all(Array.from({ length: 200 }, () => look(world)))
    const refused = await world.get('/api/v1/stream/live/cam')
    expect(refused.status).toBe(503)
    expect(refused.json).toEqual({ success: false, error: 'Too many live viewers' })
    expect(refused.headers['retry-after']).toBe('10')
    viewers[0]?.close()
    const next = await eventually(async () => {
      const viewer = await look(world)
      return viewer.status === 200 && viewer
    })
    await eventually(() => next.pictures.length === 1)
  })

  test('cuts off a viewer that took nothing for 30 s while pictures came', async () => {
    const world = await start()
    const large = Buffer.concat([VGA, Buffer.alloc(8_000_000)])
    await world.bridge.frames.take(CAM, large)
    const viewer = await look(world, 'cam', { paused: true })
    for (let i = 0; i < 5; i += 1) await world.bridge.frames.take(CAM, large)
    world.time.pass(31_000)
    await world.bridge.frames.take(CAM, large)
    viewer.response.resume()
    await viewer.over
    expect(viewer.response.complete).toBe(false)
  })

  test('ends in good order when the server stops', async () => {
    const world = await start()
    await world.bridge.frames.take(CAM, SMALL)
    const viewer = await look(world)
    await eventually(() => viewer.pictures.length === 1)
    await world.facade.stop()
    await viewer.over
    expect(viewer.response.complete).toBe(true)
  })

  test('answers HEAD without a stream', async () => {
    const world = await start()
    await world.bridge.frames.take(CAM, SMALL)
    const answer = await exchange(`${world.url}/api/v1/stream/live/cam`, { method: 'HEAD' })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toMatch(/^multipart\/x-mixed-replace/)
  })

  test('is told apart from a broken stream by the parser of these tests', () => {
    const parser = createMjpegParser('b')
    expect(() =>
      parser.feed(Buffer.from('--c\r\nContent-Type: image/jpeg\r\nContent-Length: 1\r\n\r\nx')),
    ).toThrow()
  })
})
