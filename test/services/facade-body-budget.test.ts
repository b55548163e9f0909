/** What all request bodies may take of memory together. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { type FrameWorld, formOf, NOT_A_JPEG, SMALL, startFrameWorld, VGA } from '../support/frame-world.ts'
import { exchange } from '../support/http-exchange.ts'

const cleanup = useCleanups()
const BUDGET = 1_048_576
const HELD = 700_000
const JPEG = { 'Content-Type': 'image/jpeg', 'Device-ID': 'cam' }
const JSON_TYPE = { 'Content-Type': 'application/json' }
const REFUSED = { success: false, error: 'Too many large requests at the moment' }

const start = async (): Promise<FrameWorld> => {
  const world = await startFrameWorld({ options: { maxBodiesBytes: BUDGET } })
  cleanup(() => world.stop())
  return world
}

/** A client that has sent so much of its body and falls silent. */
const stall = async ({ facade }: FrameWorld, path: string, head: string, bytes: number): Promise<Socket> => {
  const socket = connect(facade.address?.port ?? 0, '127.0.0.1')
  cleanup(() => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`)
  if (head.includes('chunked')) socket.write(`${bytes.toString(16)}\r\n`)
  socket.write(Buffer.alloc(bytes, 0x20))
  await once(socket, 'connect')
  return socket
}

const INGEST = '/api/v1/ingest/sensor-data'
const heldOf = ({ facade }: FrameWorld) => facade.bodies.heldBytes
const isHeld = (world: FrameWorld, bytes: number) => eventually(() => heldOf(world) === bytes)
const LARGE = {
  method: 'POST',
  headers: JSON_TYPE,
  body: JSON.stringify({ deviceId: 'a', x: 'x'.repeat(HELD) }),
}

describe('while others fill the memory for bodies', () => {
  test.each([
    ['JSON', INGEST, `Content-Type: application/json\r\nContent-Length: ${HELD + 1}`],
    ['JSON of unknown length', INGEST, 'Content-Type: application/json\r\nTransfer-Encoding: chunked'],
    ['a picture', '/api/v1/stream/fast', `Content-Type: image/jpeg\r\nContent-Length: ${HELD + 1}`],
    ['what nobody has a route for', '/nope', `Content-Type: application/json\r\nContent-Length: ${HELD + 1}`],
  ])('(%s) a large one is refused with 503, and stored once they have gone', async (_name, path, head) => {
    const world = await start()
    const socket = await stall(world, path, head, HELD)
    await isHeld(world, HELD)
    const refused = await exchange(world.url + INGEST, LARGE)
    expect([refused.status, refused.headers['retry-after'], refused.json]).toMatchObject([503, '1', REFUSED])
    expect([heldOf(world), world.facade.bodies.refused]).toEqual([HELD, 1])
    socket.destroy()
    await isHeld(world, 0)
    expect((await exchange(world.url + INGEST, LARGE)).status).not.toBe(503)
    expect(heldOf(world)).toBe(0)
  })

  test('small ones, polls and pictures that fit are served', async () => {
    const world = await start()
    await stall(
      world,
      INGEST,
      `Content-Type: application/json\r\nContent-Length: ${BUDGET}`,
      BUDGET - VGA.length,
    )
    await isHeld(world, BUDGET - VGA.length)
    const body = JSON.stringify({ deviceId: 'a', temperature: 1 })
    expect((await exchange(world.url + INGEST, { method: 'POST', headers: JSON_TYPE, body })).status).toBe(
      200,
    )
    expect((await world.get('/api/v1/buzzer/status/a')).status).toBe(200)
    expect((await world.post('fast', VGA, JPEG)).status).toBe(200)
    expect((await world.post('stream', SMALL, JPEG)).status).toBe(200)
  })

  test('a picture is refused as busy, raw or in a form', async () => {
    const world = await start()
    const large = Buffer.concat([VGA, Buffer.alloc(HELD)])
    await stall(world, INGEST, `Content-Type: application/json\r\nContent-Length: ${HELD + 1}`, HELD)
    await isHeld(world, HELD)
    const form = formOf(large)
    const seen = [await world.post('fast', large, JPEG), await world.post('stream', form.body, form.headers)]
    expect(seen.map(({ status }) => status)).toEqual([503, 503])
    expect(world.refused.map(({ reason }) => reason)).toEqual(['busy', 'busy'])
  })
})

describe('a body is refused', () => {
  test('before it is read when it says that it is larger than all may be together', async () => {
    const world = await start()
    const head = `Content-Type: application/json\r\nContent-Length: ${BUDGET + 1}`
    const socket = await stall(world, INGEST, head, 1)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 503 /)
  })

  test('for what it unpacks to', async () => {
    const world = await start()
    const body = gzipSync(Buffer.alloc(BUDGET * 4, 0x20))
    const headers = { ...JSON_TYPE, 'Content-Encoding': 'gzip' }
    expect((await exchange(world.url + INGEST, { method: 'POST', headers, body })).status).toBe(503)
    expect(heldOf(world)).toBe(0)
  })

  test('in a form that does not say how long it is, and all of it is read', async () => {
    const world = await start()
    const { headers, body } = formOf(Buffer.alloc(BUDGET * 4))
    const chunked = { ...headers, 'Transfer-Encoding': 'chunked' }
    expect((await world.post('fast', body, chunked)).status).toBe(503)
    expect(heldOf(world)).toBe(0)
  })
})

test('nothing is held any more once a request is answered, whatever the answer', async () => {
  const world = await start()
  const junk = Buffer.concat([NOT_A_JPEG, Buffer.alloc(HELD)])
  const form = formOf(junk)
  const long = { ...JPEG, 'Transfer-Encoding': 'chunked' }
  const seen = [
    await world.post('fast', Buffer.concat([VGA, Buffer.alloc(HELD)]), JPEG),
    await world.post('fast', junk, long),
    await world.post('stream', form.body, form.headers),
    await world.post('fast', junk, { ...JPEG, 'Device-ID': 'a/b' }),
    await exchange(world.url + INGEST, { ...LARGE, body: `${LARGE.body}}` }),
    await exchange(`${world.url}/api/v1/devices/heartbeat`, LARGE),
  ]
  expect(seen.map(({ status }) => status)).toEqual([200, 400, 400, 400, 400, 404])
  expect(heldOf(world)).toBe(0)
})
