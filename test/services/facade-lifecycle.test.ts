import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { errorCode } from '../../src/error-code.ts'
import { createFacade, type Facade, type FacadeOptions } from '../../src/facade/index.ts'
import { eventually } from '../support/eventually.ts'
import { createFacadeWorld, type RunningFacade, startFacade } from '../support/facade-services.ts'
import { exchange, postJson } from '../support/http-exchange.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

const start = async (options: Partial<FacadeOptions> = {}): Promise<RunningFacade> => {
  const running = await startFacade(options)
  cleanUps.push(() => running.facade.stop())
  return running
}

const open = async ({ facade }: RunningFacade): Promise<Socket> => {
  const socket = connect(facade.address?.port ?? 0, '127.0.0.1')
  cleanUps.push(() => socket.destroy())
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  return socket
}

const facadeOn = (port: number): Facade => {
  const options = {
    host: '127.0.0.1',
    port,
    nodeEnv: 'test',
    apiKey: undefined,
    legacyOpen: false,
    rateLimitMax: 1_000_000,
  } as const
  const facade = createFacade(createFacadeWorld().deps, options)
  cleanUps.push(() => facade.stop())
  return facade
}

/** A promise that the test settles itself. */
const gate = () => {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  return { held, release }
}

describe('start', () => {
  test('on port 0 tells the port it got; asked again it gives the same answer', async () => {
    const facade = facadeOn(0)
    expect(facade.address).toBeUndefined()
    const [first, second] = await Promise.all([facade.start(), facade.start()])
    expect(first).toBe(second)
    expect(first.port).toBeGreaterThan(0)
    expect(facade.address).toEqual(first)
  })

  test('on a taken port says what to do', async () => {
    const { facade } = await start()
    const port = facade.address?.port ?? 0
    await expect(facadeOn(port).start()).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: `HTTP port ${port} on 127.0.0.1 is in use: stop the other program or set PORT`,
    })
  })

  test('on an address of another machine says so', async () => {
    const options = {
      host: '192.0.2.1',
      port: 0,
      nodeEnv: 'test',
      apiKey: undefined,
      legacyOpen: false,
      rateLimitMax: 1_000_000,
    } as const
    const facade = createFacade(createFacadeWorld().deps, options)
    await expect(facade.start()).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    await facade.stop()
  })
})

describe('stop', () => {
  test('closes idle sockets at once, also those that never sent a request', async () => {
    const running = await start({ stopTimeoutMs: 60_000 })
    const silent = await open(running)
    const agent = new Agent({ keepAlive: true })
    cleanUps.push(() => agent.destroy())
    await exchange(`${running.url}/health`, { agent })
    silent.resume()
    await Promise.all([once(silent, 'end'), running.facade.stop()])
    expect(running.facade.address).toBeUndefined()
  })

  test('lets a request in flight finish, then closes its connection', async () => {
    const running = await start({ stopTimeoutMs: 60_000 })
    const { held, release } = gate()
    running.world.gate = held
    const agent = new Agent({ keepAlive: true })
    cleanUps.push(() => agent.destroy())
    const arrived = once(running.facade.server, 'request')
    const body = JSON.stringify({ deviceId: 'a' })
    const headers = { 'Content-Type': 'application/json' }
    const url = `${running.url}/api/v1/ingest/sensor-data`
    const answer = exchange(url, { method: 'POST', headers, body, agent })
    await arrived
    const stopped = running.facade.stop()
    release()
    const { status, headers: answered } = await answer
    expect([status, answered.connection]).toEqual([200, 'close'])
    await stopped
  })

  test('takes no new connections while it waits', async () => {
    const running = await start({ stopTimeoutMs: 60_000 })
    const { held, release } = gate()
    running.world.gate = held
    const arrived = once(running.facade.server, 'request')
    const answer = postJson(`${running.url}/api/v1/ingest/sensor-data`, { deviceId: 'a' })
    await arrived
    const closing = once(running.facade.server, 'close')
    const stopped = running.facade.stop()
    await eventually(async () => {
      const error: unknown = await exchange(`${running.url}/health`).catch((reason: unknown) => reason)
      return errorCode(error) === 'ECONNREFUSED'
    })
    release()
    await Promise.all([answer, stopped, closing])
  })

  test('does not wait for ever: what is in flight at the deadline is cut', async () => {
    const running = await start({ stopTimeoutMs: 50 })
    running.world.gate = gate().held
    const arrived = once(running.facade.server, 'request')
    const answer = postJson(`${running.url}/api/v1/ingest/sensor-data`, { deviceId: 'a' })
    const cut = expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' })
    await arrived
    await Promise.all([running.facade.stop(), cut])
  })

  test('twice, or without a start, is no error', async () => {
    const running = await start()
    await Promise.all([running.facade.stop(), running.facade.stop()])
    await facadeOn(0).stop()
  })
})

describe('an upgrade', () => {
  const upgrade = ({ url }: RunningFacade, path: string) => {
    const sent = request(url + path, { headers: { Connection: 'Upgrade', Upgrade: 'websocket' } })
    sent.on('error', () => undefined)
    sent.end()
    return sent
  }

  const accept = ({ facade }: RunningFacade, path: string): string[] => {
    const urls: string[] = []
    facade.onUpgrade(path, ({ url = '' }, socket) => {
      urls.push(url)
      cleanUps.unshift(() => socket.destroy())
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    })
    return urls
  }

  test.each(['/mqtt', '/MQTT/', '/mqtt?x=1'])('of %s goes to the handler of /mqtt', async (path) => {
    const running = await start()
    const urls = accept(running, '/mqtt')
    const [response] = await once(upgrade(running, path), 'upgrade')
    expect(response.statusCode).toBe(101)
    expect(urls).toEqual([path])
  })

  test('of a path that nobody took goes to the event sockets', async () => {
    const running = await start()
    const urls = accept(running, '/mqtt')
    const [refused] = await once(upgrade(running, '/ws'), 'response')
    expect(refused.statusCode).toBe(400)
    expect(urls).toEqual([])
  })

  test('leaves the socket to its handler until the deadline of a stop', async () => {
    const running = await start({ stopTimeoutMs: 50 })
    accept(running, '/mqtt')
    const [, socket] = await once(upgrade(running, '/mqtt'), 'upgrade')
    const closed = once(socket, 'close')
    socket.on('error', () => undefined)
    await running.facade.stop()
    await closed
  })
})
