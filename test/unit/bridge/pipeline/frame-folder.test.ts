import { describe, expect, test } from '@jest/globals'
import { createDeferred, settled } from '../../../support/deferred.ts'
import { deviceId as id } from '../../../support/facade-services.ts'

import { CAM, createRig, fullDisk, JPEG, T } from './frames-rig.ts'

describe('the folder', () => {
  test('is known after a start, the newest first, foreign files left alone', async () => {
    const rig = createRig()
    const long = id('🛰'.repeat(50))
    for (const [name, at] of [
      ['b', T - 2],
      ['küche', T - 1],
      [long, T - 3],
    ] as const) {
      rig.now = at
      await rig.frames.take(id(name), JPEG)
    }
    await rig.memory.write('README.txt', JPEG)

    const later = createRig()
    for (const { filename } of await rig.memory.list()) await later.memory.write(filename, JPEG)
    await later.frames.start()
    const listed = await later.frames.list()
    expect(listed.map(({ at }) => at)).toEqual([T - 1, T - 2, T - 3])
    expect(listed[0]).toEqual({ deviceId: 'küche', at: T - 1, filename: expect.any(String), bytes: 5_000 })
    expect(await later.frames.list({ deviceId: long })).toHaveLength(1)
    expect(await later.frames.list({ sinceMs: T - 2 })).toHaveLength(2)
    expect(await later.frames.list({ deviceId: id('b'), sinceMs: T - 1 })).toEqual([])
    expect(later.frames.newestCamera()).toBe('küche')
    await later.frames.stop()
    expect(await later.names()).toContain('README.txt')
  })

  test('loses at the start what is too old or was left empty', async () => {
    const rig = createRig()
    const kept = `cam_${T - 599_999}.jpg`
    await rig.memory.write(`cam_${T - 600_000}.jpg`, JPEG)
    await rig.memory.write(kept, JPEG)
    await rig.memory.write(`cam_${T - 1}.jpg`, Buffer.alloc(0))
    await rig.frames.start()
    await settled()
    expect(await rig.names()).toEqual([kept])
    expect(rig.told).toEqual([])
    await rig.frames.stop()
  })

  test('loses what a clock that ran ahead has named, which would be the newest for as long', async () => {
    const rig = createRig()
    await rig.memory.write(`cam_${T + 86_400_000}.jpg`, JPEG)
    await rig.memory.write(`cam_${T + 600_000}.jpg`, JPEG)
    await rig.frames.start()
    await settled()
    expect(await rig.names()).toEqual([`cam_${T + 600_000}.jpg`])
    await rig.frames.stop()
  })

  test('is read while pictures come in: those come after what was there, and nothing goes before that', async () => {
    const rig = createRig({ maxFiles: 2 })
    const old = [`cam_${T - 3}.jpg`, `cam_${T - 2}.jpg`]
    for (const name of old) await rig.memory.write(name, JPEG)
    const listing = createDeferred()
    rig.listGate = listing.promise
    await rig.frames.start()
    for (let i = 0; i < 3; i += 1) await rig.frames.take(CAM, JPEG)
    await settled()
    expect(await rig.names()).toHaveLength(5)
    listing.resolve()
    await settled(20)
    expect(await rig.names()).toEqual([`cam_${T + 1}.jpg`, `cam_${T + 2}.jpg`])
    expect(rig.frames.stats()).toMatchObject({ files: 2, bytes: 10_000 })
    expect(rig.frames.newestCamera()).toBe(CAM)
    await rig.frames.stop()
  })

  test('loses what became too old at the next sweep', async () => {
    const rig = createRig({ sweepMs: 1 })
    await rig.frames.start()
    await rig.frames.take(CAM, JPEG)
    rig.now += 600_000
    while ((await rig.names()).length > 0) await settled()
    expect(rig.frames.stats()).toMatchObject({ files: 0, bytes: 0, evicted: 0 })
    await rig.frames.stop()
  })

  test.each([{ maxBytes: 10_000 }, { maxFiles: 2 }])(
    'loses its oldest pictures, and they are counted, when it is over its bound: %j',
    async (bounds) => {
      const rig = createRig(bounds)
      await rig.frames.start()
      for (let i = 0; i < 4; i += 1) {
        await rig.frames.take(CAM, JPEG)
        await settled()
      }
      expect(await rig.names()).toEqual([`cam_${T + 2}.jpg`, `cam_${T + 3}.jpg`])
      expect(rig.frames.stats()).toMatchObject({ files: 2, bytes: 10_000, evicted: 2 })
      expect(rig.told.filter(([name]) => name === 'frames:evicted')).toHaveLength(2)
      await rig.frames.stop()
    },
  )

  test('that cannot be read at the start is told, and pictures are taken all the same', async () => {
    const rig = createRig()
    rig.fault = fullDisk
    await rig.frames.start()
    expect(rig.told).toEqual([['frames:failed', { error: fullDisk }]])
    rig.fault = undefined
    expect(await rig.frames.take(CAM, JPEG)).toMatchObject({ ok: true })
    await rig.frames.stop()
  })

  test('that lets nothing be removed is told, and tidied up as soon as it does', async () => {
    const rig = createRig({ maxFiles: 1 })
    rig.removeFault = fullDisk
    await rig.frames.start()
    for (let i = 0; i < 2; i += 1) await rig.frames.take(CAM, JPEG)
    await settled()
    expect(rig.told).toContainEqual(['frames:failed', { error: fullDisk }])
    expect(rig.frames.stats()).toMatchObject({ files: 2, evicted: 0 })
    rig.removeFault = undefined
    await rig.frames.take(CAM, JPEG)
    await settled()
    expect(await rig.names()).toEqual([`cam_${T + 2}.jpg`])
    await rig.frames.stop()
  })
})
