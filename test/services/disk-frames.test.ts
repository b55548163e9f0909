import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { FrameStore } from '../../bridge/ports.ts'
import { createDiskFrames } from '../../bridge/stores/disk-frames.ts'
import { frameStoreContract } from '../contracts/frame-store.ts'
import { useCleanups } from '../support/cleanups.ts'

const make = async (): Promise<{ frames: FrameStore; cleanup(): Promise<void> }> => {
  const parent = await mkdtemp(join(tmpdir(), 'sluice-frames-'))
  return {
    frames: createDiskFrames({ folder: join(parent, 'deep', 'frames') }),
    cleanup: () => rm(parent, { recursive: true }),
  }
}

frameStoreContract('a folder', make)

describe('a folder of pictures', () => {
  const onEnd = useCleanups()
  const open = async (): Promise<FrameStore> => {
    const { frames, cleanup } = await make()
    onEnd(cleanup)
    await frames.open()
    return frames
  }

  test('holds the bytes under the name, and nothing else', async () => {
    const frames = await open()
    await frames.write('cam_1.jpg', Buffer.from('abc'))
    expect(await readdir(frames.folder)).toEqual(['cam_1.jpg'])
    expect((await readFile(join(frames.folder, 'cam_1.jpg'))).toString()).toBe('abc')
  })

  test('loses half-written files when it is opened, and no others', async () => {
    const frames = await open()
    for (const name of ['.123-4.tmp', '.hidden', 'note.txt', 'cam_1.jpg']) {
      await writeFile(join(frames.folder, name), 'x')
    }
    await frames.open()
    expect((await readdir(frames.folder)).sort()).toEqual(['.hidden', 'cam_1.jpg', 'note.txt'])
  })

  test('lists neither dot files nor folders', async () => {
    const frames = await open()
    await mkdir(join(frames.folder, 'cam_2.jpg'))
    await writeFile(join(frames.folder, '.cam_3.jpg'), 'x')
    await frames.write('cam_1.jpg', Buffer.from('abc'))
    expect(await frames.list()).toEqual([{ filename: 'cam_1.jpg', bytes: 3 }])
  })

  test('is made again when it was taken away', async () => {
    const frames = await open()
    await rm(frames.folder, { recursive: true })
    await frames.write('cam_1.jpg', Buffer.from('abc'))
    expect(await frames.list()).toEqual([{ filename: 'cam_1.jpg', bytes: 3 }])
  })

  test('that takes nothing throws STORE_UNAVAILABLE and leaves no temporary file', async () => {
    const frames = await open()
    // A folder in the way: the rename fails as it would on a broken disk.
    await mkdir(join(frames.folder, 'cam_1.jpg', 'in-the-way'), { recursive: true })
    await expect(frames.write('cam_1.jpg', Buffer.from('abc'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    expect(await readdir(frames.folder)).toEqual(['cam_1.jpg'])
    await expect(frames.remove('cam_1.jpg')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('that cannot be made throws STORE_UNAVAILABLE', async () => {
    const frames = await open()
    await frames.write('cam_1.jpg', Buffer.from('abc'))
    const inside = createDiskFrames({ folder: join(frames.folder, 'cam_1.jpg', 'frames') })
    await expect(inside.open()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(inside.list()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})
