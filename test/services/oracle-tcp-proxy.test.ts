import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { createTcpProxy } from '../oracle/make-tcp-proxy.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'

const later = useCleanups()

/** A server that says back what it hears, behind a proxy; it counts the bytes it has heard. */
const echoBehindProxy = async () => {
  let heard = 0
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.length
    })
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  later(() => void server.close())
  const proxy = await createTcpProxy({ target: (server.address() as AddressInfo).port })
  later(proxy.close)
  return { proxy, heard: () => heard }
}

interface Client {
  readonly socket: Socket
  received(): string
  /** The error's code once it is closed; null when it ended in order. */
  readonly closed: Promise<string | null>
}

const clientOf = (port: number): Client => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let text = ''
  let code: string | null = null
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? 'unknown'
  })
  later(() => void socket.destroy())
  const closed = new Promise<string | null>((resolve) => socket.once('close', () => resolve(code)))
  return { socket, received: () => text, closed }
}

test('what is sent comes back, and an end is passed on', async () => {
  const { proxy } = await echoBehindProxy()
  const { socket, received, closed } = clientOf(proxy.port)
  const text = 'x'.repeat(1_000_000)
  socket.end(text)
  expect(await closed).toBeNull()
  expect(received()).toBe(text)
})

test('a cut resets every connection and every new one, until it heals', async () => {
  const { proxy } = await echoBehindProxy()
  const before = clientOf(proxy.port)
  before.socket.write('hello')
  await eventually(() => before.received() === 'hello')
  proxy.cut()
  expect(await before.closed).toBe('ECONNRESET')
  expect(await clientOf(proxy.port).closed).toBe('ECONNRESET')
  proxy.heal()
  const after = clientOf(proxy.port)
  after.socket.write('again')
  await eventually(() => after.received() === 'again')
})

test('while it is frozen nothing passes and nobody is told; what was sent arrives when it heals', async () => {
  const { proxy, heard } = await echoBehindProxy()
  const other = await echoBehindProxy()
  const frozen = clientOf(proxy.port)
  frozen.socket.write('one ')
  await eventually(() => frozen.received() === 'one ')
  proxy.freeze()
  const fresh = clientOf(proxy.port)
  frozen.socket.write('two')
  fresh.socket.write('three')
  const witness = clientOf(other.proxy.port) // time enough for bytes to pass, were they let
  witness.socket.write('x'.repeat(1_000_000))
  await eventually(() => witness.received().length === 1_000_000)
  expect(heard()).toBe(4)
  expect([frozen.socket.destroyed, fresh.socket.destroyed]).toEqual([false, false])
  proxy.heal()
  await eventually(() => frozen.received() === 'one two' && fresh.received() === 'three')
})

test('a slow link passes a little at a time, in order, and all of it once it heals', async () => {
  const { proxy, heard } = await echoBehindProxy()
  const { socket, received } = clientOf(proxy.port)
  const text = Array.from({ length: 100_000 }, (_, index) => String(index % 10)).join('')
  proxy.slow(10_000)
  socket.write(text)
  await eventually(() => received().length > 0)
  expect(heard()).toBeLessThan(text.length)
  proxy.heal()
  await eventually(() => received().length === text.length)
  expect(received()).toBe(text)
})
