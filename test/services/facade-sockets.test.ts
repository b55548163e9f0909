import { once } from 'node:events'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { BuzzerRequest, StoredFrame } from '../../bridge/index.ts'
import {
  type Client,
  latestOf,
  openClient,
  openRaw,
  type RunningSockets,
  readAnswer,
  startEventSockets,
} from '../support/event-sockets.ts'
import { eventually } from '../support/eventually.ts'
import { device, deviceId, NOW } from '../support/facade-services.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const start = async (...given: Parameters<typeof startEventSockets>): Promise<RunningSockets> => {
  const running = await startEventSockets(...given)
  cleanUps.push(running.stop)
  return running
}

const open = async (...args: Parameters<typeof openClient>): Promise<Client> => {
  const client = await openClient(...args)
  cleanUps.push(() => client.webSocket.terminate())
  return client
}

const answerTo = async (port: number, headers: Readonly<Record<string, string | undefined>> = {}) => {
  const socket = await openRaw(port, headers)
  cleanUps.push(() => socket.destroy())
  return await readAnswer(socket)
}

const WELCOME = {
  type: 'connection',
  status: 'connected',
  timestamp: NOW,
  serverCapabilities: {
    compression: true,
    batchProcessing: true,
    caching: true,
    realTimeNotifications: true,
  },
}

const frame: StoredFrame = {
  deviceId: deviceId('ESP32-CAM-001'),
  at: NOW,
  filename: `ESP32-CAM-001_${NOW}.jpg`,
  bytes: 22_000,
}

const request = { id: 7, deviceId: deviceId('a'), requestedAt: NOW, buzzedAt: NOW + 1 } as BuzzerRequest

describe('a handshake', () => {
  test.each(['/', '/?apiKey=wrong', '/ws', '//api/v1/stream/live?apiKey=x', '/api/v1/devices'])(
    'is taken on %s, and the first message is the welcome',
    async (path) => {
      const { port, sockets } = await start()
      const { texts } = await open(port, path)
      expect(texts).toEqual([JSON.stringify(WELCOME)])
      expect(sockets.count).toBe(1)
    },
  )

  test('is answered as the older backend answered it', async () => {
    const { port } = await start()
    const head = (answer: string): string => answer.slice(0, answer.indexOf('\r\n\r\n'))
    const taken =
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    expect(head(await answerTo(port))).toBe(taken)
    expect(head(await answerTo(port, { Origin: 'https://elsewhere.example' }))).toBe(taken)
    expect(head(await answerTo(port, { 'Sec-WebSocket-Version': '8' }))).toBe(taken)
    const deflate = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }
    expect(head(await answerTo(port, deflate))).toBe(
      `${taken}\r\nSec-WebSocket-Extensions: permessage-deflate`,
    )
    const protocols = { 'Sec-WebSocket-Protocol': 'chat, superchat' }
    expect(head(await answerTo(port, protocols))).toBe(`${taken}\r\nSec-WebSocket-Protocol: chat`)
  })

  test.each([
    ['without a key', { 'Sec-WebSocket-Key': undefined }],
    ['with a key that is none', { 'Sec-WebSocket-Key': 'short' }],
    ['of version 12', { 'Sec-WebSocket-Version': '12' }],
    ['for another protocol', { Upgrade: 'h2c' }],
    ['with an extension that cannot be read', { 'Sec-WebSocket-Extensions': 'permessage-deflate; =' }],
    ['with a sub-protocol that cannot be read', { 'Sec-WebSocket-Protocol': 'a,,b' }],
  ])('%s is a 400 and no socket', async (_case, headers) => {
    const { port, sockets } = await start()
    expect(await answerTo(port, headers)).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/)
    expect(sockets.count).toBe(0)
  })

  test('needs the API key when one is set, in the header or the query', async () => {
    const { port, sockets } = await start({}, { apiKey: 'secret' })
    expect(await answerTo(port)).toMatch(/^HTTP\/1.1 401 Unauthorized\r\n.*"success":false/s)
    expect(await answerTo(port, { 'X-API-Key': 'secre' })).toMatch(/^HTTP\/1.1 401 /)
    expect(await answerTo(port, { 'X-API-Key': 'secret' })).toMatch(/^HTTP\/1.1 101 /)
    const { texts } = await open(port, '//api/v1/stream/live?apiKey=secret')
    expect(texts).toHaveLength(1)
    expect(sockets.stats()).toMatchObject({ unauthorized: 2, accepted: 2 })
  })
})

describe('a client', () => {
  test('that sends a ping message gets a pong, as text and as binary', async () => {
    const { port } = await start()
    const { webSocket, texts } = await open(port)
    webSocket.send('{"type":"ping","id":5,"timestamp":1}')
    webSocket.send(Buffer.from('{"type":"ping"}'))
    await eventually(() => texts.length === 3)
    expect(texts.slice(1)).toEqual(Array(2).fill(`{"type":"pong","timestamp":${NOW}}`))
  })

  test('that sends anything else is ignored and stays', async () => {
    const { port, sockets } = await start()
    const { webSocket, types } = await open(port)
    const others = ['', 'ping', '{', 'null', '[]', '"ping"', '{"type":"subscribe"}', '{"type":["ping"]}', '7']
    for (const other of others) webSocket.send(other)
    webSocket.send(Buffer.from([0xff, 0x00]))
    webSocket.send('{"type":"ping"}')
    await eventually(() => types().includes('pong'))
    expect(types()).toEqual(['connection', 'pong'])
    expect(sockets.count).toBe(1)
  })

  test('gets its ping frames answered with their payload', async () => {
    const { port } = await start()
    const { webSocket } = await open(port)
    webSocket.ping('abc')
    const [payload] = await once(webSocket, 'pong')
    expect(String(payload)).toBe('abc')
  })

  test('may send 10 MiB, and is closed with 1009 one byte later', async () => {
    const { port, sockets } = await start()
    const most = await open(port)
    most.webSocket.send('x'.repeat(10_485_760))
    most.webSocket.send('{"type":"ping"}')
    await eventually(() => most.types().includes('pong'))
    const more = await open(port, '/', { perMessageDeflate: false })
    more.webSocket.send('x'.repeat(10_485_761))
    expect(await more.closed).toEqual({ code: 1009, reason: '' })
    await eventually(() => sockets.count === 1)
    expect(sockets.stats()).toMatchObject({ errors: 1, accepted: 2 })
  })

  test('that sends a compressed bomb is closed with 1009', async () => {
    const { port } = await start()
    const { webSocket, closed } = await open(port)
    webSocket.send('x'.repeat(50_000_000))
    expect((await closed).code).toBe(1009)
  })

  test('that leaves sees its own code', async () => {
    const { port, sockets } = await start()
    const { webSocket, closed } = await open(port)
    webSocket.close(1000, 'bye')
    expect(await closed).toEqual({ code: 1000, reason: 'bye' })
    await eventually(() => sockets.count === 0)
  })
})

describe('an event', () => {
  test('goes to every client, each once and in order', async () => {
    const { port, sources, sockets } = await start()
    const clients = await Promise.all([open(port), open(port, '/ws'), open(port, '/x')])
    sources.events.emit('device:registered', { device: device('a') })
    sources.events.emit('buzzer:requested', { request })
    sources.events.emit('buzzer:completed', { request })
    sources.events.emit('frame:stored', { frame })
    sources.tellRecognition({ frame, recognition: { status: 'no_faces', recognizedAs: null } })
    sources.tellLatest(latestOf('a'))
    sources.events.emit('device:status', { deviceId: deviceId('a'), status: 'offline', at: NOW })
    await eventually(() => clients.every(({ texts }) => texts.length === 8))
    for (const { types } of clients) {
      expect(types()).toEqual([
        'connection',
        'device_registered',
        'buzzer_request',
        'buzzer_completed',
        'new_frame',
        'recognition_complete',
        'sensor_data',
        'device_status',
      ])
    }
    expect(sockets.stats()).toMatchObject({ sent: 24, skipped: 0 })
  })

  test('costs nothing while nobody is connected: nobody listens', async () => {
    const { port, sources, sockets } = await start()
    expect(sources.listenerCount()).toBe(0)
    const first = await open(port)
    await open(port)
    expect(sources.listenerCount()).toBe(7)
    first.webSocket.close()
    await eventually(() => sockets.count === 1)
    expect(sources.listenerCount()).toBe(7)
  })

  test('is listened for again after the last client left and another came', async () => {
    const { port, sources, sockets } = await start()
    const first = await open(port)
    first.webSocket.close()
    await eventually(() => sockets.count === 0)
    expect(sources.listenerCount()).toBe(0)
    const second = await open(port)
    sources.tellLatest(latestOf('a'))
    await eventually(() => second.types().includes('sensor_data'))
  })

  test.each([
    ['by default', {}],
    ['without context takeover', { serverNoContextTakeover: true, clientNoContextTakeover: true }],
    ['with a small window', { serverMaxWindowBits: 9 }],
  ])('of 1,024 bytes and more can be read by a client that takes compression %s', async (_case, offer) => {
    const { port, sources } = await start()
    const { texts } = await open(port, '/', { perMessageDeflate: offer })
    for (const bytes of [1_500, 100_000, 10, 1_500]) sources.tellLatest(latestOf('a', bytes))
    await eventually(() => texts.length === 5)
    const lengths = texts.slice(1).map((text) => JSON.parse(text).custom.text.length)
    expect(lengths).toEqual([1_500, 100_000, 10, 1_500])
  })

  test('is compressed from 1,024 bytes on, for those who take it', async () => {
    const { port, sources } = await start()
    const takes = await openRaw(port, { 'Sec-WebSocket-Extensions': 'permessage-deflate' })
    const takesNot = await openRaw(port)
    cleanUps.push(() => [takes, takesNot].map((socket) => socket.destroy()))
    await Promise.all([readAnswer(takes), readAnswer(takesNot)])
    sources.tellLatest(latestOf('a', 50_000))
    await eventually(() => takesNot.bytesRead > 50_000 && takes.bytesRead > 400)
    expect(takes.bytesRead).toBeLessThan(1_500)
  })
})
