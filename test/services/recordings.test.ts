import { mkdir, readdir, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { createRecordings, type Recordings, type RecordingsOptions } from '../../src/recordings/index.ts'
import { type Cameras, createCameras, temporaryFolder } from '../support/camera-frames.ts'
import { useCleanups } from '../support/cleanups.ts'
import { deviceId, NOW } from '../support/facade-services.ts'
import { isAlive, paintJpeg, probeFilm, writeHangingProgram, writeProgram } from '../support/programs.ts'
import { fixture } from '../support/recordings.ts'

const cleanup = useCleanups()
const VGA = fixture('frame-vga.jpg')
const SMALL = fixture('frame-5000.jpg')

let cameras: Cameras
let root: string
let logged: object[]

const start = async (options: Partial<RecordingsOptions> = {}): Promise<Recordings> => {
  const log = { warn: (details: object) => void logged.push(details) }
  const settings = { folder: join(root, 'recordings'), ...options }
  const recordings = createRecordings({ frames: cameras.frames, clock: () => cameras.now, log }, settings)
  await recordings.start()
  cleanup(() => recordings.stop())
  return recordings
}
const shoot = async (camera: string, count: number, jpeg: Uint8Array = VGA): Promise<void> => {
  for (let i = 0; i < count; i += 1) await cameras.shoot(camera, jpeg)
}
const filmOf = ({ folder }: Recordings, name: string) => probeFilm(join(folder, name))

beforeEach(async () => {
  cameras = await createCameras(cleanup)
  root = await temporaryFolder(cleanup)
  logged = []
})

describe('a recording', () => {
  test('is an H.264 film of one camera alone that any player shows', async () => {
    await shoot('front', 4)
    await shoot('back', 3, SMALL)
    const recordings = await start()
    const name = `rec_${cameras.now}.mp4`
    expect(await recordings.record(deviceId('front'))).toEqual({ ok: true, name, frameCount: 4 })
    expect(await filmOf(recordings, name)).toEqual({
      codec: 'h264',
      width: 640,
      height: 480,
      pixels: 'yuv420p',
      rate: '5/1',
      frames: 4,
    })
    expect(await readdir(recordings.folder)).toEqual([name])
    expect(recordings.stats()).toEqual({ running: 0, made: 1, failed: 0 })
  })

  test('is of the camera with the newest frame when none is asked for', async () => {
    await shoot('front', 3)
    await shoot('back', 2, SMALL)
    const recordings = await start()
    const made = await recordings.record()
    expect(made).toMatchObject({ ok: true, frameCount: 2 })
    expect(await filmOf(recordings, made.ok ? made.name : '')).toMatchObject({ width: 64, height: 48 })
  })

  test('shows ten pictures a second when there are more', async () => {
    await shoot('front', 12, SMALL)
    const recordings = await start()
    const made = await recordings.record()
    expect(await filmOf(recordings, made.ok ? made.name : '')).toMatchObject({ rate: '10/1', frames: 12 })
  })

  test('has even sides, and leaves out what cannot be decoded', async () => {
    const odd = await paintJpeg(root, '321x241')
    for (const jpeg of [odd, VGA, VGA.subarray(0, 6_000), SMALL, odd]) await cameras.shoot('front', jpeg)
    const recordings = await start()
    const made = await recordings.record()
    expect(made).toMatchObject({ ok: true, frameCount: 5 })
    expect(await filmOf(recordings, made.ok ? made.name : '')).toMatchObject({ width: 322, height: 242 })
  })

  test('needs two frames of the last 30 s', async () => {
    await shoot('front', 5)
    cameras.now += 29_700
    await shoot('front', 1)
    const recordings = await start()
    const few = { reason: 'too-few-frames', detail: 'Not enough recent frames to create a video.' }
    expect(await recordings.record()).toMatchObject({ ok: true, frameCount: 3 })
    cameras.now += 30_000
    expect(await recordings.record()).toEqual({ ok: false, ...few })
    expect(await recordings.record(deviceId('nobody'))).toEqual({ ok: false, ...few })
  })

  test('skips frames whose files are gone, and needs two that are there', async () => {
    await shoot('front', 4)
    const [first = '', second = '', third = ''] = await readdir(cameras.frames.folder)
    const recordings = await start()
    await unlink(join(cameras.frames.folder, first))
    expect(await recordings.record()).toMatchObject({ ok: true, frameCount: 3 })
    await unlink(join(cameras.frames.folder, second))
    await unlink(join(cameras.frames.folder, third))
    expect(await recordings.record()).toMatchObject({ ok: false, reason: 'too-few-frames' })
    expect(await readdir(recordings.folder)).toHaveLength(1)
  })

  test('never takes the name of another: not in the same millisecond, not of a file that is there', async () => {
    await shoot('front', 2, SMALL)
    const recordings = await start()
    await writeFile(join(recordings.folder, `rec_${cameras.now}.mp4`), 'older')
    const both = await Promise.all([recordings.record(), recordings.record()])
    const names = both.map((made) => (made.ok ? made.name : made.detail)).sort()
    expect(names).toEqual([`rec_${cameras.now + 1}.mp4`, `rec_${cameras.now + 2}.mp4`])
    expect((await stat(join(recordings.folder, `rec_${cameras.now}.mp4`))).size).toBe(5)
  })
})

describe('a recording that cannot be made', () => {
  test('for want of ffmpeg says what to install', async () => {
    await shoot('front', 2)
    const recordings = await start({ ffmpeg: 'ffmpeg-that-nobody-installed' })
    const outcome = await recordings.record()
    expect(outcome).toMatchObject({ ok: false, reason: 'no-ffmpeg' })
    expect(outcome.ok ? '' : outcome.detail).toMatch(/^Cannot find ffmpeg: .*Install the package ffmpeg/)
    expect(await readdir(recordings.folder)).toEqual([])
  })

  test.each([
    ['ends with an error', 'echo "/secret/path: no such codec" >&2; exit 3'],
    ['makes an empty film', 'for last; do :; done; : > "$(echo "$last" | cut -c6-)"'],
    ['makes no film', 'exit 0'],
  ])('because ffmpeg %s leaves nothing behind but a line in the log', async (_case, script) => {
    await shoot('front', 2)
    const recordings = await start({ ffmpeg: await writeProgram(root, script) })
    const detail = 'The video could not be created.'
    expect(await recordings.record()).toEqual({ ok: false, reason: 'failed', detail })
    expect(await readdir(recordings.folder)).toEqual([])
    expect(logged).toHaveLength(1)
    expect(recordings.stats()).toEqual({ running: 0, made: 0, failed: 1 })
  })

  test('in time is given up, and its process is gone', async () => {
    await shoot('front', 8)
    const { path, pids } = await writeHangingProgram(root)
    const recordings = await start({ ffmpeg: path, timeoutMs: 1_500 })
    const detail = 'The video could not be created in time.'
    expect(await recordings.record()).toEqual({ ok: false, reason: 'failed', detail })
    expect((await pids(1)).filter(isAlive)).toEqual([])
  })

  test('because two are being made is refused; stopping ends both and their processes', async () => {
    await shoot('front', 2)
    const { path, pids } = await writeHangingProgram(root)
    const recordings = await start({ ffmpeg: path, maxConcurrent: 2 })
    const both = [recordings.record(), recordings.record()]
    const started = await pids(2)
    expect(await recordings.record()).toMatchObject({ ok: false, reason: 'busy' })
    await recordings.stop()
    expect(await Promise.all(both)).toMatchObject([{ reason: 'stopping' }, { reason: 'stopping' }])
    expect(started.filter(isAlive)).toEqual([])
    expect(await recordings.record()).toMatchObject({ ok: false, reason: 'stopping' })
    expect(await readdir(recordings.folder)).toEqual([])
  })
})

describe('the folder of recordings', () => {
  test('may be one that cannot be made: the start goes on, and a recording fails', async () => {
    await shoot('front', 2)
    await writeFile(join(root, 'file'), '')
    const recordings = await start({ folder: join(root, 'file', 'recordings') })
    expect(logged).toHaveLength(1)
    expect(await recordings.record()).toMatchObject({ ok: false, reason: 'failed' })
    await expect(recordings.list()).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  const put = async (names: readonly string[]): Promise<string> => {
    const folder = join(root, 'recordings')
    await mkdir(folder, { recursive: true })
    for (const name of names) await writeFile(join(folder, name), name)
    return folder
  }

  test('is rid at the start of films that a crash left half-made, and of nothing else', async () => {
    const folder = await put(['.rec_1.mp4.part', 'rec_2.mp4', 'notes.txt'])
    await start()
    expect((await readdir(folder)).sort()).toEqual(['notes.txt', 'rec_2.mp4'])
  })

  test('is listed newest first, with what has the name of a recording only', async () => {
    const folder = await put(['rec_99.mp4', `rec_${NOW}.mp4`, 'notes.txt', 'rec_99999999999999999.mp4'])
    await mkdir(join(folder, 'rec_5.mp4'))
    const recordings = await start()
    expect(await recordings.list()).toEqual([
      { name: `rec_${NOW}.mp4`, createdAt: NOW, bytes: 21 },
      { name: 'rec_99.mp4', createdAt: 99, bytes: 10 },
    ])
  })

  test('loses the named recording and no other file', async () => {
    const folder = await put(['rec_1.mp4', 'rec_2.mp4', 'notes.txt'])
    await writeFile(join(root, 'rec_3.mp4'), '')
    const recordings = await start()
    expect(await recordings.remove('rec_1.mp4')).toBe(true)
    expect(await recordings.remove('rec_1.mp4')).toBe(false)
    for (const name of ['notes.txt', '../rec_3.mp4', `rec_${'9'.repeat(300)}.mp4`]) {
      expect(await recordings.remove(name)).toBe(false)
    }
    expect((await readdir(folder)).sort()).toEqual(['notes.txt', 'rec_2.mp4'])
    expect(await readdir(root)).toContain('rec_3.mp4')
  })
})
