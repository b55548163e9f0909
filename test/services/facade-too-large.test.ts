import { type AddressInfo, connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type RunningFacade, startFacade } from '../support/facade-services.ts'

const MIB = 1_048_576

let running: RunningFacade
beforeEach(async () => {
  running = await startFacade({ maxBodyBytes: MIB })
})
afterEach(() => running.facade.stop())

/** Writes a request whole, whatever comes back meanwhile; resolves with all that was answered. Rejects when it breaks. */
const send = (head: string, body: readonly Buffer[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = running.facade.server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk
      // A client that has its answer hangs up; until then it goes on writing.
      if (answer.includes('}')) socket.end()
    })
    socket.once('error', reject).once('close', () => resolve(answer))
    socket.write(head)
    for (const part of body) socket.write(part)
  })

const PARTS = Array.from({ length: 8 }, () => Buffer.alloc(MIB, 0x20))
const HEAD = 'POST /api/v1/ingest/sensor-data HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'

test('a body over the limit is read to its end, so that its sender gets to see the 413', async () => {
  const head = `${HEAD}Content-Length: ${8 * MIB}\r\n\r\n`
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(head, PARTS)))
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*"success":false/)
})

test('so is one that does not say how long it is', async () => {
  const chunks = PARTS.flatMap((part) => [
    Buffer.from(`${part.length.toString(16)}\r\n`),
    part,
    Buffer.from('\r\n'),
  ])
  const body = [...chunks, Buffer.from('0\r\n\r\n')]
  const head = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(head, body)))
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*"success":false/)
})

test.each([
  ['a type that is no picture', '/api/v1/stream/fast', 415],
  ['a probe of old firmware', '/api/v1/stream/stream', 400],
  ['a path that nobody has', '/nope', 404],
])('so is %s, of a sender that hangs up afterwards', async (_name, path, status) => {
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${8 * MIB}\r\n\r\n`
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(head, PARTS)))
  for (const answer of answers)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*"success":false`))
})

test('so is one without the key', async () => {
  const open = running
  running = await startFacade({ apiKey: 'k-1' })
  await open.facade.stop()
  const head = `${HEAD}Connection: close\r\nContent-Length: ${8 * MIB}\r\n\r\n`
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(head, PARTS)))
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 401 [\s\S]*"success":false/)
})
