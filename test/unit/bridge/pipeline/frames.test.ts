import { describe, expect, jest, test } from '@jest/globals'
import type { StoredFrame } from '../../../../bridge/core/frame.ts'
import { createDeferred, settled } from '../../../support/deferred.ts'
import { deviceId as id } from '../../../support/facade-services.ts'

import { CAM, createRig, fullDisk, JPEG, NOT_A_JPEG, SMALL, T } from './frames-rig.ts'

describe('a picture', () => {
  test('is on disk when it is announced, and known as the newest', async () => {
    const rig = createRig()
    const seen: unknown[] = []
    rig.frames.onFrame(CAM, (jpeg, frame) => seen.push([jpeg, frame, rig.told.length]))
    const expected: StoredFrame = { deviceId: CAM, at: T, filename: `cam_${T}.jpg`, bytes: 5_000 }
    expect(await rig.frames.take(CAM, JPEG)).toEqual({ ok: true, frame: expected })
    expect(await rig.names()).toEqual([expected.filename])
    expect(rig.told).toEqual([['frame:stored', { frame: expected }]])
    expect(seen).toEqual([[JPEG, expected, 0]])
    expect(rig.frames.newest(CAM)).toMatchObject({ frame: expected, jpeg: JPEG })
    expect(rig.frames.newestCamera()).toBe(CAM)
    expect(rig.frames.newestStored(CAM)).toEqual(expected)
  })

  test('is announced only after its write', async () => {
    const rig = createRig()
    const gate = createDeferred()
    rig.gate = gate.promise
    const taken = rig.frames.take(CAM, JPEG)
    await settled()
    expect(rig.told).toEqual([])
    expect(rig.frames.newest(CAM)).toBeUndefined()
    gate.resolve()
    await taken
    expect(rig.told).toHaveLength(1)
  })

  test('is announced after the one of its camera that came before, whichever is written first', async () => {
    const rig = createRig()
    const slow = createDeferred()
    rig.gate = slow.promise
    const first = rig.frames.take(CAM, JPEG)
    rig.gate = Promise.resolve()
    const second = rig.frames.take(CAM, SMALL)
    await rig.frames.take(id('other'), JPEG)
    await settled()
    expect(rig.told).toHaveLength(1)
    slow.resolve()
    await Promise.all([first, second])
    expect(rig.told.slice(1)).toMatchObject([
      ['frame:stored', { frame: { at: T, bytes: JPEG.byteLength } }],
      ['frame:stored', { frame: { at: T + 1, bytes: SMALL.byteLength } }],
    ])
    expect(rig.frames.newest(CAM)?.jpeg).toBe(SMALL)
  })

  test('that comes in the same millisecond as the one before gets the next one, per camera', async () => {
    const rig = createRig()
    for (const camera of ['cam', 'cam', 'other', 'cam']) await rig.frames.take(id(camera), JPEG)
    const listed = await rig.frames.list({ deviceId: CAM })
    expect(listed.map(({ at }) => at)).toEqual([T + 2, T + 1, T])
    expect(await rig.frames.list()).toHaveLength(4)
  })

  test('keeps its place when the clock is set back', async () => {
    const rig = createRig()
    await rig.frames.take(CAM, JPEG)
    rig.now = T - 3_600_000
    await rig.frames.take(CAM, SMALL)
    expect(rig.frames.newest(CAM)).toMatchObject({ frame: { at: T - 3_600_000 }, jpeg: SMALL })
    rig.now += 1
    await rig.frames.take(CAM, JPEG)
    expect(await rig.frames.list()).toHaveLength(3)
  })

  test.each([
    ['not-a-jpeg', NOT_A_JPEG, {}],
    ['not-a-jpeg', SMALL.subarray(0, 600), { whole: true }],
    ['too-small', SMALL, { minBytes: 616 }],
    ['too-small', Buffer.alloc(0), {}],
    ['too-large', SMALL, { maxBytes: 614 }],
  ])('that is refused (%s) is counted and stored nowhere', async (reason, bytes, demands) => {
    const rig = createRig()
    const taken = await rig.frames.take(CAM, bytes, demands)
    expect(taken).toEqual({ ok: false, rejection: { reason, detail: expect.any(String) } })
    expect(rig.told).toEqual([['frame:refused', { deviceId: CAM, reason }]])
    expect(await rig.names()).toEqual([])
  })

  test('that was cut off is taken where it need not be whole', async () => {
    const rig = createRig()
    expect(await rig.frames.take(CAM, SMALL.subarray(0, 600))).toMatchObject({ ok: true })
  })

  test('is refused while the disk takes none, the outage told once, and taken when it does again', async () => {
    const rig = createRig()
    rig.fault = fullDisk
    for (let i = 0; i < 2; i += 1) await expect(rig.frames.take(CAM, JPEG)).rejects.toBe(fullDisk)
    expect(rig.told).toEqual([
      ['frames:failed', { error: fullDisk }],
      ['frame:refused', { deviceId: CAM, reason: 'disk' }],
      ['frame:refused', { deviceId: CAM, reason: 'disk' }],
    ])
    rig.fault = undefined
    expect(await rig.frames.take(CAM, JPEG)).toMatchObject({ ok: true })
    rig.fault = fullDisk
    await expect(rig.frames.take(CAM, JPEG)).rejects.toBe(fullDisk)
    expect(rig.told.slice(3)).toEqual([
      ['frame:stored', expect.anything()],
      ['frames:failed', { error: fullDisk }],
      ['frame:refused', { deviceId: CAM, reason: 'disk' }],
    ])
  })

  test.each([{ maxHeld: 3 }, { maxHeldBytes: 15_000 }])(
    'is turned away as long as too many wait for the disk: %j',
    async (bounds) => {
      const rig = createRig(bounds)
      const gate = createDeferred()
      rig.gate = gate.promise
      const waiting = [1, 2, 3].map(() => rig.frames.take(CAM, JPEG))
      expect(rig.frames.stats()).toMatchObject({ held: 3, heldBytes: 15_000 })
      await expect(rig.frames.take(CAM, JPEG)).rejects.toMatchObject({ code: 'BUSY' })
      expect(rig.told).toEqual([['frame:refused', { deviceId: CAM, reason: 'busy' }]])
      gate.resolve()
      await Promise.all(waiting)
      expect(await rig.frames.take(CAM, JPEG)).toMatchObject({ ok: true })
      expect(rig.frames.stats()).toMatchObject({ held: 0, heldBytes: 0, files: 4, bytes: 20_000 })
    },
  )

  test('under way is written before a stop is done; a later one is refused', async () => {
    const rig = createRig()
    await rig.frames.start()
    const gate = createDeferred()
    rig.gate = gate.promise
    const taken = [1, 2, 3, 4].map(() => rig.frames.take(CAM, JPEG))
    const stopped = jest.fn()
    const stop = rig.frames.stop().then(stopped)
    await expect(rig.frames.take(CAM, JPEG)).rejects.toMatchObject({ code: 'STOPPING' })
    await settled()
    expect(stopped).not.toHaveBeenCalled()
    gate.resolve()
    await stop
    expect(await rig.names()).toHaveLength(4)
    for (const one of await Promise.all(taken)) expect(one.ok).toBe(true)
    expect(rig.told).toContainEqual(['frame:refused', { deviceId: CAM, reason: 'stopping' }])
  })
})

describe('memory', () => {
  test('holds the newest pictures of a bounded number of cameras', async () => {
    const rig = createRig({ maxCameras: 2 })
    for (const camera of ['a', 'b', 'c']) await rig.frames.take(id(camera), JPEG)
    expect(rig.frames.newest(id('a'))).toBeUndefined()
    expect(rig.frames.newest(id('b'))).toBeDefined()
    expect(rig.frames.stats().cameras).toBe(2)
    expect(rig.frames.newestCamera()).toBe('c')
  })

  test('holds no more bytes than it may', async () => {
    const rig = createRig({ maxCameraBytes: 10_000 })
    for (const camera of ['a', 'b', 'c']) await rig.frames.take(id(camera), JPEG)
    expect(rig.frames.stats().cameras).toBe(2)
  })

  test('has nothing of a camera that never sent one', () => {
    const rig = createRig()
    expect(rig.frames.newest(CAM)).toBeUndefined()
    expect(rig.frames.newestCamera()).toBeUndefined()
  })
})

describe('a listener', () => {
  test('hears of its own camera until it ends', async () => {
    const rig = createRig()
    const listener = jest.fn()
    const end = rig.frames.onFrame(CAM, listener)
    await rig.frames.take(id('other'), JPEG)
    expect(listener).not.toHaveBeenCalled()
    await rig.frames.take(CAM, JPEG)
    end()
    end()
    await rig.frames.take(CAM, JPEG)
    expect(listener).toHaveBeenCalledTimes(1)
  })

  test('that throws is reported, and spoils it for nobody', async () => {
    const rig = createRig()
    const broken = new TypeError('broken')
    rig.frames.onFrame(CAM, () => {
      throw broken
    })
    const listener = jest.fn()
    rig.frames.onFrame(CAM, listener)
    expect(await rig.frames.take(CAM, JPEG)).toMatchObject({ ok: true })
    expect(listener).toHaveBeenCalledTimes(1)
    expect(rig.told[0]).toEqual(['bridge:error', { error: expect.anything(), where: 'frame listener' }])
  })
})
