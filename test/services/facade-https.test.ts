/** The facade over HTTPS: the same answers as over HTTP, on the same server. */
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { createServer } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { WebSocket } from 'ws'
import { createFacade, type FacadeOptions } from '../../src/facade/index.ts'
import { createSecureListener, createTlsContext } from '../../src/tls/index.ts'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { createDeferred } from '../support/deferred.ts'
import { eventually } from '../support/eventually.ts'
import { createFacadeWorld, FACADE_OPTIONS } from '../support/facade-services.ts'
import { exchange } from '../support/http-exchange.ts'
import { freshTestCa, type TestCa } from '../support/test-ca.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

let ours: TestCa
beforeAll(async () => {
  ours = await freshTestCa()
})
afterAll(() => ours.remove())

const neverAsked = (): never => {
  throw new Error('no face is added here')
}

/** What a facade is given for HTTPS. */
const makeHttps = async (port: number) => {
  const { certPath, keyPath } = ours.paths
  const context = createTlsContext(
    { certPath, keyPath },
    { onReload: () => {}, onError: () => {}, onWarning: () => {} },
  )
  await context.start()
  cleanUps.push(() => context.stop())
  const failures: string[] = []
  const https = {
    listener: createSecureListener(context, { host: '127.0.0.1', port, protocols: ['http/1.1'] }),
    onFailed: ({ code }: { readonly code: string }) => void failures.push(code),
    onError: () => {},
  }
  return { https, failures }
}

const make = async (options: Partial<FacadeOptions> = {}, port = 0) => {
  const { https, failures } = await makeHttps(port)
  const world = createFacadeWorld()
  // The poll answers without asking anybody.
  const buzzer = { ...world.deps.buzzer, poll: () => undefined }
  const facade = createFacade({ ...world.deps, buzzer, https }, { ...FACADE_OPTIONS, ...options })
  cleanUps.push(() => facade.stop())
  return { facade, world, failures }
}

const start = async (options: Partial<FacadeOptions> = {}) => {
  const made = await make(options)
  const { host, port, https } = await made.facade.start()
  if (https === undefined) throw new Error('there is no HTTPS address')
  return {
    ...made,
    http: `http://${host}:${port}`,
    https: `https://${https.host}:${https.port}`,
    port: https.port,
  }
}

/** An exchange that trusts our CA. */
const secureExchange = (
  url: string,
  {
    method = 'GET',
    body,
    agent,
  }: { readonly method?: string; readonly body?: string; readonly agent?: Agent } = {},
): Promise<{ status: number; headers: Record<string, unknown>; text: string }> =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const sent = request(url, { method, headers, ca: ours.ca, agent: agent ?? false })
    sent.once('error', reject)
    sent.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      )
    })
    sent.end(body)
  })

const dial = async (port: number): Promise<TLSSocket> => {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: ours.ca,
    ALPNProtocols: ['http/1.1'],
  })
  cleanUps.push(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  return socket
}

describe('over HTTPS', () => {
  test('a reading is taken in', async () => {
    const { https, world } = await start()
    const url = `${https}/api/v1/ingest/sensor-data`
    const answer = await secureExchange(url, { method: 'POST', body: '{"deviceId":"a","temperature":21}' })
    expect(answer.status).toBe(200)
    expect([...world.stored.values()].flat()).toHaveLength(1)
  })

  test.each(['/api/v1/devices', '/api/v1/buzzer/status/a', '/api/v1/nothing'])(
    '%s is answered as over HTTP',
    async (path) => {
      const { http, https } = await start()
      const [plain, secure] = [await exchange(http + path), await secureExchange(https + path)]
      expect(secure.status).toBe(plain.status)
      const [one, other] = [{ ...plain.headers }, { ...secure.headers }]
      // The second request is counted by the limit that the first was counted by.
      for (const passing of ['date', 'ratelimit-remaining']) {
        delete one[passing]
        delete other[passing]
      }
      expect(other).toEqual(one)
      expect(secure.text).toBe(plain.text)
    },
  )

  test('the protocol is agreed on, and the connection counted', async () => {
    const { facade, port } = await start()
    const socket = await dial(port)
    expect(socket.alpnProtocol).toBe('http/1.1')
    await eventually(() => facade.connections === 1)
    socket.destroy()
    await eventually(() => facade.connections === 0)
  })

  test('an upgrade goes where its path leads', async () => {
    const { facade, https } = await start()
    const urls: string[] = []
    facade.onUpgrade('/mqtt', ({ url = '' }, socket) => {
      urls.push(url)
      socket.end('HTTP/1.1 418 Teapot\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    })
    const refused = new WebSocket(`${https.replace('https', 'wss')}/mqtt`, { ca: ours.ca })
    const [error] = await once(refused, 'error')
    expect([error.message, urls]).toEqual(['Unexpected server response: 418', ['/mqtt']])
  })

  test('any other path is an event socket', async () => {
    const recognition = { look: () => undefined, addFace: neverAsked, onComplete: () => () => undefined }
    const { https: given } = await makeHttps(0)
    const { facade, stop } = await startBridgedFacade({ deps: { https: given, recognition } })
    cleanUps.push(stop)
    const { https } = await facade.start()
    const events = new WebSocket(`wss://127.0.0.1:${https?.port}/anything`, { ca: ours.ca })
    cleanUps.unshift(() => events.terminate())
    await once(events, 'open')
    expect(facade.sockets.count).toBe(1)
  })

  test('what is no request is answered with 400, as over HTTP', async () => {
    const { port } = await start()
    const socket = await dial(port)
    let received = ''
    socket.setEncoding('utf8').on('data', (text) => {
      received += text
    })
    socket.write('NONSENSE\r\n\r\n')
    await once(socket, 'end')
    expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n(.+\r\n)+\r\n\{"success":false/)
  })

  test('a handshake that fails is told, and harms nobody', async () => {
    const { https, http, failures } = await start()
    await expect(exchange(https.replace('https', 'http'))).rejects.toMatchObject({ code: 'ECONNRESET' })
    await eventually(() => failures.length > 0)
    expect(failures).toEqual(['ERR_SSL_HTTP_REQUEST'])
    expect((await exchange(`${http}/health`)).status).toBe(200)
  })
})

describe('the HTTPS port', () => {
  test('that is taken is an error that says what to do', async () => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    cleanUps.push(() => other.close())
    const { port } = other.address() as { port: number }
    const { facade } = await make({}, port)
    await expect(facade.start()).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: `HTTPS port ${port} on 127.0.0.1 is in use: stop the other program or set HTTPS_PORT`,
    })
  })

  test('is closed by a stop: idle connections at once, others when they are answered', async () => {
    const running = await start({ stopTimeoutMs: 60_000 })
    const idle = await dial(running.port)
    idle.resume()
    const gate = createDeferred()
    running.world.gate = gate.promise
    const arrived = once(running.facade.server, 'request')
    const agent = new Agent({ keepAlive: true })
    cleanUps.push(() => agent.destroy())
    const url = `${running.https}/api/v1/ingest/sensor-data`
    const answer = secureExchange(url, { method: 'POST', body: '{"deviceId":"a"}', agent })
    await arrived
    const gone = once(idle, 'end')
    let isStopped = false
    const stopped = running.facade.stop().then(() => {
      isStopped = true
    })
    await gone
    await expect(secureExchange(`${running.https}/health`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(isStopped).toBe(false)
    gate.resolve()
    expect(await answer).toMatchObject({ status: 200, headers: { connection: 'close' } })
    await stopped
  })
})
