/** Bytes that are no request, or one that never ends: bounded, answered as far as can be, and never a 500. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { startFacade } from '../support/facade-services.ts'
import { exchange } from '../support/http-exchange.ts'

const cleanup = useCleanups()

const start = async () => {
  const running = await startFacade()
  cleanup(() => running.facade.stop())
  const send = (bytes: string): Socket => {
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1')
    cleanup(() => socket.destroy())
    socket.on('error', () => undefined)
    socket.write(bytes)
    return socket
  }
  return { ...running, send }
}

describe('bytes that are no HTTP', () => {
  test.each([
    ['words', 'what is this\r\n\r\n', 400],
    [
      'headers without an end to their size',
      `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    [
      'a length beside chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a header with a control character', 'GET / HTTP/1.1\r\nHost: x\r\nA: \u0000\r\n\r\n', 400],
    ['a space in a header name', 'GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n', 400],
    [
      'a body that is no chunk',
      'POST /api/v1/ingest/sensor-data HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
  ])('(%s) end the connection with a status and a sentence', async (_name, bytes, status) => {
    const { send, url, world } = await start()
    const answer = await text(send(bytes))
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(head.toLowerCase()).toContain('access-control-allow-origin: *')
    expect(head.toLowerCase()).toContain(`content-length: ${body.length}`)
    expect(JSON.parse(body)).toEqual({ success: false, error: expect.any(String) })
    expect(world.logged).toEqual([])
    expect((await exchange(`${url}/health`)).status).toBe(200)
  })

  test('are cut off when their sender does not close', async () => {
    const { facade } = await start()
    const half = connect({ port: facade.address?.port ?? 0, host: '127.0.0.1', allowHalfOpen: true })
    cleanup(() => half.destroy())
    half.write('what is this\r\n\r\n')
    half.resume()
    await once(half, 'end')
    const open = () =>
      new Promise<number>((resolve) => facade.server.getConnections((_error, n) => resolve(n)))
    await eventually(async () => (await open()) === 0)
    expect(half.writableEnded).toBe(false)
  })
})

test('a request that never ends is bounded in time', async () => {
  const { facade } = await start()
  const { headersTimeout, requestTimeout, keepAliveTimeout } = facade.server
  expect([keepAliveTimeout, headersTimeout, requestTimeout]).toEqual([65_000, 66_000, 300_000])
})

test('a request without a host is a 400', async () => {
  const { send } = await start()
  expect(await text(send('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n'))).toMatch(/^HTTP\/1.1 400 /)
})

test('a client that leaves in the middle of its body is no error', async () => {
  const { send, url, world } = await start()
  const socket = send(
    'POST /api/v1/ingest/sensor-data HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"a',
  )
  await eventually(() => socket.bytesWritten > 100)
  socket.resetAndDestroy()
  expect((await exchange(`${url}/health`)).status).toBe(200)
  expect(world.logged).toEqual([])
})

test.each([
  '/%zz',
  '/api/v1/buzzer/status/%ff%fe',
  `/api/v1/buzzer/status/${'x'.repeat(1_300)}`,
  '/api/v1/devices?%zz=%ff',
])('a URL that means nothing (%s) is never a 500', async (path) => {
  const { url, world } = await start()
  const { status, json } = await exchange(url + path)
  expect(status).toBeLessThan(500)
  expect(json).toHaveProperty('success')
  expect(world.logged).toEqual([])
})
