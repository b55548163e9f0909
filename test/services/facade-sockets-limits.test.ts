import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createFacade } from '../../src/facade/index.ts'
import type { EventSocketsOptions } from '../../src/facade/sockets/socket-options.ts'
import {
  type Client,
  createSources,
  latestOf,
  openClient,
  openRaw,
  type RunningSockets,
  readAnswer,
  startEventSockets,
} from '../support/event-sockets.ts'
import { eventually } from '../support/eventually.ts'
import { createFacadeWorld } from '../support/facade-services.ts'

const NEVER = 600_000
const CAPACITY = { code: 1008, reason: 'Server at capacity' }

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const start = async (options: Partial<EventSocketsOptions> = {}): Promise<RunningSockets> => {
  const running = await startEventSockets(options)
  cleanUps.push(running.stop)
  return running
}

const open = async (...args: Parameters<typeof openClient>): Promise<Client> => {
  const client = await openClient(...args)
  cleanUps.push(() => client.webSocket.terminate())
  return client
}

/** A client that has shaken hands and reads nothing. */
const openStalled = async (port: number): Promise<Socket> => {
  const socket = await openRaw(port)
  cleanUps.push(() => socket.destroy())
  return socket
}

const flood = ({ sources }: RunningSockets): void => {
  for (let n = 0; n < 20; n += 1) sources.tellLatest(latestOf('a', 60_000))
}

describe('the limit of sockets', () => {
  test('lets so many in; the next is closed with 1008 and was never welcomed', async () => {
    const { port, sockets } = await start({ maxSockets: 3 })
    const inside = await Promise.all([open(port), open(port), open(port)])
    const outside = await Promise.all([open(port), open(port)])
    expect(await Promise.all(outside.map(({ closed }) => closed))).toEqual([CAPACITY, CAPACITY])
    expect(outside.map(({ texts }) => texts)).toEqual([[], []])
    expect(sockets.count).toBe(3)
    expect(sockets.stats()).toMatchObject({ accepted: 3, refused: 2 })
    inside[0]?.webSocket.close()
    await eventually(() => sockets.count === 2)
    expect((await open(port)).texts).toHaveLength(1)
  })

  test('stays where it is after socket errors', async () => {
    const { port, sockets } = await start({ maxSockets: 2, maxMessageBytes: 10 })
    for (let n = 0; n < 3; n += 1) {
      const { webSocket, closed } = await open(port)
      webSocket.send('longer than ten bytes')
      expect((await closed).code).toBe(1009)
      const reset = await openRaw(port)
      await readAnswer(reset)
      reset.resetAndDestroy()
      await eventually(() => sockets.count === 0)
    }
    await Promise.all([open(port), open(port)])
    expect(await (await open(port)).closed).toEqual(CAPACITY)
  })

  test('cuts off who sends large messages while too much of such is on its way', async () => {
    const running = await start({ maxReceivingBytes: 200_000 })
    const part = Buffer.alloc(90_000)
    const [first, second, third] = await Promise.all([
      open(running.port),
      open(running.port),
      open(running.port),
    ])
    for (const client of [first, second]) client?.webSocket.send(part, { fin: false, compress: false })
    third?.webSocket.send(part.subarray(0, 60_000), { fin: false, compress: false })
    await eventually(() => [first, second].every((client) => client?.webSocket.bufferedAmount === 0))
    second?.webSocket.send(part, { fin: false, compress: false })
    expect((await second?.closed)?.code).toBe(1006)
    expect(running.sockets.stats()).toMatchObject({ closedLarge: 1 })
    expect(running.sockets.count).toBe(2)
    first?.webSocket.send(part, { fin: true, compress: false })
    await open(running.port)
    expect(running.sockets.count).toBe(3)
  })

  test('does not let refused ones pile up that never answer', async () => {
    const { port, sockets } = await start({ maxSockets: 1, closeWaitMs: NEVER })
    await open(port)
    expect(await readAnswer(await openStalled(port))).toMatch(/^HTTP\/1.1 101 /)
    expect(await readAnswer(await openStalled(port))).toMatch(/^HTTP\/1.1 503 /)
    expect(sockets.stats()).toMatchObject({ accepted: 1, refused: 2 })
  })

  test('cuts refused ones that do not answer their close', async () => {
    const { port } = await start({ maxSockets: 1, closeWaitMs: 20 })
    await open(port)
    const stalled = await openStalled(port)
    const closed = once(stalled, 'close')
    await readAnswer(stalled)
    await closed
    expect(await readAnswer(await openStalled(port))).toMatch(/^HTTP\/1.1 101 /)
  })
})

describe('a client that reads nothing', () => {
  test('is skipped once its backlog is full; others get everything', async () => {
    const running = await start({ slowMs: NEVER })
    const { port, sockets } = running
    await openStalled(port)
    const reader = await open(port)
    let told = 0
    await eventually(() => {
      flood(running)
      told += 20
      return sockets.stats().skipped > 100
    }, 20_000)
    await eventually(() => reader.texts.length === told + 1, 20_000)
    expect(sockets.count).toBe(2)
    expect(sockets.stats().sent + sockets.stats().skipped).toBe(2 * (told + 1))
  }, 60_000)

  test('is closed when it stays behind, and counted once', async () => {
    const running = await start({ slowMs: 100, closeWaitMs: 20 })
    const { port, sockets } = running
    const stalled = await openStalled(port)
    const closed = once(stalled, 'close')
    await eventually(() => {
      flood(running)
      return sockets.stats().closedSlow > 0
    }, 20_000)
    await eventually(() => sockets.count === 0)
    expect(sockets.stats()).toMatchObject({ closedSlow: 1, closedDead: 0 })
    stalled.resume()
    await closed
  }, 60_000)

  test('gets events again once it reads', async () => {
    const running = await start({ slowMs: NEVER })
    const { port, sockets } = running
    const { webSocket, texts } = await open(port, '/', { perMessageDeflate: false })
    webSocket.pause()
    await eventually(() => {
      flood(running)
      return sockets.stats().skipped > 0
    }, 20_000)
    webSocket.resume()
    await eventually(() => texts.length === sockets.stats().sent, 20_000)
    running.sources.tellLatest(latestOf('b'))
    await eventually(() => texts.at(-1)?.includes('"deviceId":"b"'))
  }, 60_000)

  test('and floods with pings makes no backlog of pongs', async () => {
    const { port, sockets } = await start({ maxBacklogBytes: 0 })
    const stalled = await openStalled(port)
    await eventually(() => sockets.count === 1)
    const ping = Buffer.concat([Buffer.from([0x81, 0x8f, 0, 0, 0, 0]), Buffer.from('{"type":"ping"}')])
    const pings = Buffer.concat(Array(2_000).fill(ping))
    await eventually(() => {
      stalled.write(pings)
      return sockets.stats().skipped > 0
    }, 20_000)
    expect(sockets.count).toBe(1)
  }, 60_000)
})

describe('a server ping', () => {
  test('drops a client that is not heard of until the next one', async () => {
    const { port, sockets } = await start({ pingEveryMs: 30 })
    const stalled = await openStalled(port)
    await once(stalled.resume(), 'close')
    await eventually(() => sockets.count === 0)
    expect(sockets.stats()).toMatchObject({ closedDead: 1, closedSlow: 0 })
  })

  test('keeps a client that answers, or sends anything', async () => {
    const { port, sockets } = await start({ pingEveryMs: 100 })
    const answers = await open(port)
    const sends = await open(port, '/', { autoPong: false })
    let pings = 0
    sends.webSocket.on('ping', () => {
      pings += 1
      sends.webSocket.send('still here')
    })
    await eventually(() => pings >= 3)
    expect(sockets.count).toBe(2)
    expect(answers.texts).toHaveLength(1)
  })

  test('cuts a client that ended its side and never takes the rest', async () => {
    const running = await start({ pingEveryMs: 200, slowMs: NEVER })
    const { port, sockets } = running
    const stalled = await openStalled(port)
    await eventually(() => {
      flood(running)
      return sockets.stats().skipped > 0
    }, 20_000)
    stalled.end()
    await eventually(() => sockets.count === 0)
  }, 60_000)
})

describe('stop', () => {
  test('closes every client with 1001', async () => {
    const { port, sockets } = await start()
    const clients = await Promise.all([open(port), open(port)])
    await Promise.all([sockets.stop(), sockets.stop()])
    const codes = (await Promise.all(clients.map(({ closed }) => closed))).map(({ code }) => code)
    expect(codes).toEqual([1001, 1001])
    expect(sockets.count).toBe(0)
    expect(await readAnswer(await openStalled(port))).toMatch(/^HTTP\/1.1 503 /)
  })

  test('cuts those that do not answer', async () => {
    const { port, sockets } = await start({ closeWaitMs: 20 })
    const stalled = await openStalled(port)
    const closed = once(stalled, 'close')
    await readAnswer(stalled)
    await sockets.stop()
    await closed
  })
})

describe('the facade', () => {
  const startFacade = async () => {
    const sources = createSources()
    const deps = { ...createFacadeWorld().deps, ...sources }
    const options = { host: '127.0.0.1', port: 0, nodeEnv: 'test', apiKey: undefined } as const
    const facade = createFacade(deps, {
      ...options,
      legacyOpen: false,
      rateLimitMax: 1_000_000,
      stopTimeoutMs: 60_000,
    })
    cleanUps.push(() => facade.stop())
    const { port } = await facade.start()
    return { facade, port }
  }

  test('takes event sockets on every path but those that others registered', async () => {
    const { facade, port } = await startFacade()
    facade.onUpgrade('/mqtt', (_request, socket) => socket.destroy())
    const { texts } = await open(port, '//api/v1/stream/live')
    expect(texts).toHaveLength(1)
    expect((await open(port, '/mqtt')).texts).toEqual([])
    expect(facade.sockets.count).toBe(1)
  })

  test('closes them with 1001 when it stops', async () => {
    const { facade, port } = await startFacade()
    const { closed } = await open(port)
    await facade.stop()
    expect((await closed).code).toBe(1001)
  })
})
