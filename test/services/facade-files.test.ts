import { mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { type FrameWorld, SMALL, startFrameWorld, VGA } from '../support/frame-world.ts'
import { exchange } from '../support/http-exchange.ts'

const cleanup = useCleanups()
const FRAME = 'cam_1795402901178.jpg'
const FILM = 'rec_1795402916123.mp4'
const MP4 = Buffer.from('....ftypisom and whatever else a film is made of')
const AT = new Date('2026-11-23T03:01:44.500Z')

const start = async (): Promise<FrameWorld> => {
  const world = await startFrameWorld()
  cleanup(world.stop)
  await writeFile(join(world.framesFolder, FRAME), VGA)
  await utimes(join(world.framesFolder, FRAME), AT, AT)
  await writeFile(join(world.recordingsFolder, FILM), MP4)
  return world
}

const STATIC = {
  'accept-ranges': 'bytes',
  'cache-control': 'public, max-age=0',
  'last-modified': 'Mon, 23 Nov 2026 03:01:44 GMT',
  etag: expect.stringMatching(/^W\/".+"$/),
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
}

/** One request as raw bytes: clients mend paths before they send them. */
const rawStatus = (url: string, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])))
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  })

describe('a file', () => {
  test('is served as it is', async () => {
    const world = await start()
    const answer = await world.get(`/data/${FRAME}?t=123`, { 'Accept-Encoding': 'gzip, br' })
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ ...STATIC, 'content-type': 'image/jpeg' })
    expect(answer.headers['content-length']).toBe(String(VGA.length))
    expect(answer.headers).not.toHaveProperty('content-encoding')
    expect(answer.bytes.equals(VGA)).toBe(true)
    const film = await world.get(`/recordings/${FILM}`)
    expect(film.headers['content-type']).toBe('video/mp4')
    expect(film.headers['cross-origin-resource-policy']).toBe('cross-origin')
    expect(film.bytes.equals(MP4)).toBe(true)
  })

  test('answers HEAD with the same headers and no body', async () => {
    const world = await start()
    for (const path of [`/data/${FRAME}`, `/recordings/${FILM}`]) {
      const [get, head] = [await world.get(path), await exchange(`${world.url}${path}`, { method: 'HEAD' })]
      expect(head.status).toBe(200)
      expect(head.bytes).toHaveLength(0)
      for (const name of ['content-length', 'content-type', 'etag', 'last-modified', 'accept-ranges']) {
        expect(head.headers[name]).toBe(get.headers[name])
      }
    }
  })

  test('has its folder in any letter case, and its own name exactly', async () => {
    const world = await start()
    expect((await world.get(`/DATA/${FRAME}`)).status).toBe(200)
    expect((await world.get(`/Recordings/${FILM}`)).status).toBe(200)
    expect((await world.get(`/data/${FRAME.toUpperCase()}`)).status).toBe(404)
    expect((await world.get(`/data/Cam_1795402901178.jpg`)).status).toBe(404)
  })

  test.each([
    ['bytes=0-99', 'bytes 0-99/22496', 0, 100],
    ['bytes=22000-', 'bytes 22000-22495/22496', 22_000, 22_496],
    ['bytes=-10', 'bytes 22486-22495/22496', 22_486, 22_496],
    ['bytes=0-999999', 'bytes 0-22495/22496', 0, 22_496],
  ])('is served in part: %s', async (Range, contentRange, from, to) => {
    const world = await start()
    const answer = await world.get(`/data/${FRAME}`, { Range })
    expect(answer.status).toBe(206)
    expect(answer.headers).toMatchObject({
      ...STATIC,
      'content-type': 'image/jpeg',
      'content-range': contentRange,
    })
    expect(answer.headers['content-length']).toBe(String(to - from))
    expect(answer.bytes.equals(VGA.subarray(from, to))).toBe(true)
  })

  test('answers 416 to a part that is not there, and says how long it is', async () => {
    const world = await start()
    const answer = await world.get(`/data/${FRAME}`, { Range: 'bytes=999999999-' })
    expect(answer.status).toBe(416)
    expect(answer.headers['content-range']).toBe('bytes */22496')
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.json).toMatchObject({ success: false, error: 'Range Not Satisfiable' })
  })

  test('is served whole when a range makes no sense or is of another version', async () => {
    const world = await start()
    for (const headers of [
      { Range: 'pages=1-2' },
      { Range: 'bytes=0-1,5-6' },
      { Range: 'bytes=0-9', 'If-Range': 'W/"other"' },
    ]) {
      expect((await world.get(`/data/${FRAME}`, headers)).status).toBe(200)
    }
  })

  test('is all sent to who asks for more of its end than there is', async () => {
    const world = await start()
    const answer = await world.get(`/data/${FRAME}`, { Range: 'bytes=-99999999' })
    expect([answer.status, answer.bytes.equals(VGA)]).toEqual([200, true])
    expect(answer.headers).toMatchObject({
      ...STATIC,
      'content-type': 'image/jpeg',
      'content-length': '22496',
    })
    expect(answer.headers).not.toHaveProperty('content-range')
    expect((await world.get(`/data/${FRAME}`, { Range: 'bytes=-0' })).status).toBe(416)
  })

  test('is not sent again to who has it', async () => {
    const world = await start()
    const { headers } = await world.get(`/data/${FRAME}`)
    for (const asked of [
      { 'If-None-Match': String(headers.etag) },
      { 'If-Modified-Since': 'Mon, 23 Nov 2026 03:01:44 GMT' },
    ]) {
      const answer = await world.get(`/data/${FRAME}`, asked)
      expect(answer.status).toBe(304)
      expect(answer.bytes).toHaveLength(0)
      expect(answer.headers.etag).toBe(headers.etag)
      expect(answer.headers).not.toHaveProperty('content-type')
    }
    expect((await world.get(`/data/${FRAME}`, { 'If-None-Match': 'W/"other"' })).status).toBe(200)
  })

  test('may be read by more than one client while it is removed', async () => {
    const world = await start()
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.get(`/data/${FRAME}`)))
    for (const { bytes } of answers) expect(bytes.equals(VGA)).toBe(true)
  })

  test('whose reader goes away is no trouble', async () => {
    const world = await start()
    await writeFile(join(world.recordingsFolder, FILM), Buffer.alloc(20_000_000))
    const { hostname, port } = new URL(world.url)
    const socket = connect(Number(port), hostname)
    socket.write(`GET /recordings/${FILM} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await eventually(async () => (await world.get(`/data/${FRAME}`)).status === 200)
  })
})

describe('what is no picture and no film', () => {
  test.each([
    '/data/',
    '/recordings/',
    '/data/none_1.jpg',
    '/recordings/rec_1.mp4',
    '/data/sub',
    '/data/sub/cam_1.jpg',
    '/data/.cam_1.jpg',
    '/data/.1-1.tmp',
    '/data/notes.txt',
    '/data/folder_1.jpg',
    '/recordings/other.mp4',
    '/recordings/.rec_1.mp4',
    `/recordings/${FRAME}`,
    `/data/${FILM}`,
  ])('is a 404 in JSON: %s', async (path) => {
    const world = await start()
    for (const name of ['.cam_1.jpg', '.1-1.tmp', 'notes.txt', 'sub.jpg']) {
      await writeFile(join(world.framesFolder, name), SMALL)
    }
    await mkdir(join(world.framesFolder, 'sub'))
    await mkdir(join(world.framesFolder, 'folder_1.jpg'))
    await writeFile(join(world.framesFolder, 'sub', 'cam_1.jpg'), SMALL)
    await writeFile(join(world.recordingsFolder, 'other.mp4'), MP4)
    const answer = await world.get(path)
    expect(answer.status).toBe(404)
    expect(answer.json).toEqual({ success: false, error: expect.stringContaining('Cannot GET') })
  })

  test.each([
    '/data/../secret_1.jpg',
    '/data/..%2fsecret_1.jpg',
    '/data/%2e%2e%2fsecret_1.jpg',
    '/data/..%5csecret_1.jpg',
    '/data/%2e%2e/secret_1.jpg',
    '/data//secret_1.jpg',
    '/data/%00secret_1.jpg',
    '/data/cam_1.jpg%00',
    '/data/%252e%252e%252fsecret_1.jpg',
    '/data/....//secret_1.jpg',
    '/data//etc/passwd',
    '/data/%2fetc%2fpasswd',
  ])('is out of reach: %s', async (path) => {
    const world = await start()
    await writeFile(join(world.folder, 'secret_1.jpg'), 'secret')
    expect([400, 404]).toContain(await rawStatus(world.url, path))
  })

  test('sends the folder without a slash to the folder', async () => {
    const world = await start()
    for (const path of ['/data', '/recordings', '/DATA']) {
      const answer = await world.get(`${path}?x=1`)
      expect(answer.status).toBe(301)
      expect(answer.headers.location).toBe(`${path}/`)
    }
  })

  test('is not written to', async () => {
    const world = await start()
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect((await exchange(`${world.url}/data/${FRAME}`, { method })).status).toBe(404)
    }
    expect((await readFile(join(world.framesFolder, FRAME))).equals(VGA)).toBe(true)
  })

  test('is not reached by way of a link out of the folder', async () => {
    const world = await start()
    await writeFile(join(world.folder, 'secret.jpg'), 'secret')
    await symlink(join(world.folder, 'secret.jpg'), join(world.framesFolder, 'link.jpg'))
    expect((await world.get('/data/link.jpg')).status).toBe(404)
  })
})
