import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { FrameStore } from '../../bridge/ports.ts'

/** A new, empty store. */
export interface FramesUnderTest {
  readonly frames: FrameStore
  cleanup(): Promise<void>
}

const byName = (a: { filename: string }, b: { filename: string }): number =>
  a.filename < b.filename ? -1 : 1

/** What every FrameStore must do. */
export const frameStoreContract = (name: string, make: () => Promise<FramesUnderTest>): void => {
  describe(`${name} as a FrameStore`, () => {
    let it: FramesUnderTest
    beforeEach(async () => {
      it = await make()
      await it.frames.open()
    })
    afterEach(() => it.cleanup())

    const list = async () => (await it.frames.list()).toSorted(byName)

    test('a new store holds nothing', async () => {
      expect(await list()).toEqual([])
    })

    test('what was written is listed with its size', async () => {
      await it.frames.write('cam_1.jpg', new Uint8Array(3))
      await it.frames.write('k%C3%BCche_2.jpg', new Uint8Array(5_000))
      expect(await list()).toEqual([
        { filename: 'cam_1.jpg', bytes: 3 },
        { filename: 'k%C3%BCche_2.jpg', bytes: 5_000 },
      ])
    })

    test('a name written twice is one file, the later one', async () => {
      await it.frames.write('cam_1.jpg', new Uint8Array(3))
      await it.frames.write('cam_1.jpg', new Uint8Array(4))
      expect(await list()).toEqual([{ filename: 'cam_1.jpg', bytes: 4 }])
    })

    test('what was removed is gone, and removing it again is no error', async () => {
      await it.frames.write('cam_1.jpg', new Uint8Array(3))
      await it.frames.remove('cam_1.jpg')
      await it.frames.remove('cam_1.jpg')
      expect(await list()).toEqual([])
    })

    test('many can be written at the same time', async () => {
      const names = Array.from({ length: 50 }, (_, n) => `cam_${100 + n}.jpg`)
      await Promise.all(names.map((filename) => it.frames.write(filename, new Uint8Array(10))))
      expect((await list()).map(({ filename }) => filename)).toEqual(names)
    })

    test('opening it again keeps what it holds', async () => {
      await it.frames.write('cam_1.jpg', new Uint8Array(3))
      await it.frames.open()
      expect(await list()).toEqual([{ filename: 'cam_1.jpg', bytes: 3 }])
    })
  })
}
