/** The poll that is answered before it is routed, held against the one that is. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from '@jest/globals'
import type { BuzzerService } from '../../bridge/index.ts'
import { createGuard } from '../../src/facade/http/guard.ts'
import { createPollLane } from '../../src/facade/http/poll-lane.ts'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { useCleanups } from '../support/cleanups.ts'
import { createFacadeWorld, deviceId, startFacade } from '../support/facade-services.ts'
import { exchange, postJson } from '../support/http-exchange.ts'

const cleanup = useCleanups()

const start = async (given: Parameters<typeof startBridgedFacade>[0] = {}) => {
  const facade = await startBridgedFacade(given)
  cleanup(() => facade.stop())
  return facade
}

/** All bytes of an answer, as they came, but for the clock. */
const raw = async (url: string, path: string, lines: readonly string[] = []): Promise<string> => {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.end(
    ['GET ', path, ' HTTP/1.1\r\nHost: x\r\n', ...lines.map((line) => `${line}\r\n`), '\r\n'].join(''),
  )
  return (await text(socket)).replace(/^Date: .*$/m, 'Date: -')
}

const SKETCH = [
  'User-Agent: ESP32HTTPClient',
  'Connection: keep-alive',
  'Accept-Encoding: identity;q=1,chunked;q=0.1,*;q=0',
]

describe('the poll of a sketch', () => {
  test.each([
    ['of a device without a request', false, SKETCH],
    ['of a device that is to beep', true, SKETCH],
    ['by a client that takes gzip', false, ['Accept-Encoding: gzip', 'Connection: close']],
    ['with a key that nobody asked for', true, ['X-API-Key: x', 'Connection: close']],
  ])('%s has the bytes of the route', async (_name, beeps, lines) => {
    const { url } = await start()
    if (beeps) await postJson(`${url}/api/v1/buzzer/request`, { deviceId: 'Board-1' })
    const lane = await raw(url, '/api/v1/buzzer/status/Board-1', lines)
    const routed = await raw(url, '/API/v1/buzzer/status/Board-1', lines)
    expect(lane).toBe(routed)
    expect(lane).toContain(beeps ? '"pending"' : '{"status":"no_requests"}')
  })

  test('counts as a sign of life and as a delivery, as one that is routed', async () => {
    const { url, bridge } = await start()
    await postJson(`${url}/api/v1/devices/register`, { id: 'a', name: 'A', type: 't' })
    const before = (await bridge.devices.get(deviceId('a')))?.lastSeen ?? 0
    const { json } = await postJson(`${url}/api/v1/buzzer/request`, { deviceId: 'a' })
    const { id } = json as { id: number }
    expect((await exchange(`${url}/api/v1/buzzer/status/a`)).json).toEqual({
      status: 'pending',
      requestId: String(id),
    })
    expect((await bridge.devices.get(deviceId('a')))?.lastSeen).toBeGreaterThanOrEqual(before)
    expect((await bridge.buzzer.newest(deviceId('a')))?.deliveredAt).not.toBeNull()
  })

  test('with the ETag it was given is a 304', async () => {
    const { url } = await start()
    const poll = `${url}/api/v1/buzzer/status/a`
    const { headers } = await exchange(poll)
    expect((await exchange(poll, { headers: { 'If-None-Match': String(headers.etag) } })).status).toBe(304)
  })

  test('needs the key when one is set, unless the board routes are open', async () => {
    const closed = await start({ options: { apiKey: 'k-1' } })
    const opened = await start({ options: { apiKey: 'k-1', legacyOpen: true } })
    const statusOf = async (url: string) => (await exchange(`${url}/api/v1/buzzer/status/a`)).status
    expect([await statusOf(closed.url), await statusOf(`${opened.url}`)]).toEqual([401, 200])
    expect((await exchange(`${closed.url}/api/v1/buzzer/status/a?apiKey=k-1`)).status).toBe(200)
  })
})

describe('the lane', () => {
  const { deps } = createFacadeWorld()
  const guard = createGuard(deps, { apiKey: undefined, legacyOpen: false })
  const laneOver = (poll: BuzzerService['poll']) =>
    createPollLane({ devices: deps.devices, buzzer: { ...deps.buzzer, poll }, guard })

  test.each([
    ['POST', '/api/v1/buzzer/status/a', []],
    ['HEAD', '/api/v1/buzzer/status/a', []],
    ['GET', '/api/v1/buzzer/status/', []],
    ['GET', '/api/v1/buzzer/status', []],
    ['GET', '/api/v1/buzzer/status/a/', []],
    ['GET', '/api/v1/buzzer/status/a?x=1', []],
    ['GET', '/api/v1/buzzer/status/a%20b', []],
    ['GET', '/api/v1/Buzzer/status/a', []],
    ['GET', `/api/v1/buzzer/status/${'a'.repeat(101)}`, []],
    ['GET', '/api/v1/buzzer/status/a', ['Host', 'x', 'IF-NONE-MATCH', '"1"']],
  ])('leaves %s %s (%j) to the route, untouched', (method, url, rawHeaders) => {
    const response = new Proxy({} as ServerResponse, {
      get: (_target, member) => {
        throw new Error(`the lane used ${String(member)}`)
      },
    })
    const lane = laneOver(() => {
      throw new Error('the lane polled')
    })
    expect(lane({ method, url, rawHeaders } as unknown as IncomingMessage, response)).toBe(false)
  })
})

test('a poll that fails is a 500, logged once, and the process lives', async () => {
  const running = await startFacade()
  cleanup(() => running.facade.stop())
  const poll = `${running.url}/api/v1/buzzer/status/a`
  expect((await exchange(poll)).status).toBe(500)
  expect(running.world.logged.map(({ message }) => message)).toEqual(['request failed'])
})
