/** Event sockets on a plain HTTP server, and clients of them. What happens is told by the test. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type ClientOptions, WebSocket } from 'ws'
import { type BridgeEmitter, createBridgeEmitter, type Latest } from '../../bridge/index.ts'
import { createGuard, type Guard } from '../../src/facade/http/guard.ts'
import type { Openness } from '../../src/facade/http/route-access.ts'
import { createKeylessDoor, type Doorkeeper } from '../../src/facade/index.ts'
import { createEventSockets, type EventSockets } from '../../src/facade/sockets/event-sockets.ts'
import type { EventSources } from '../../src/facade/sockets/event-sources.ts'
import type { EventSocketsOptions } from '../../src/facade/sockets/socket-options.ts'
import { createVisits, type Visits } from '../../src/facade/visits.ts'
import type { RecognitionComplete } from '../../src/recognition/index.ts'
import { deviceId, NOW } from './facade-services.ts'
import { type HandshakeHeaders, handshakeText } from './handshake.ts'

/** A set of listeners as the services keep them. */
const createTeller = <T>() => {
  const listeners = new Set<(value: T) => void>()
  return {
    listeners,
    on: (listener: (value: T) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    tell: (value: T) => {
      for (const listener of listeners) listener(value)
    },
  }
}

export interface Sources extends EventSources {
  readonly events: BridgeEmitter
  readonly tellLatest: (latest: Latest) => void
  readonly tellRecognition: (complete: RecognitionComplete) => void
  /** Whoever listens to anything. */
  readonly listenerCount: () => number
}

export const createSources = (): Sources => {
  const events = createBridgeEmitter()
  const latest = createTeller<Latest>()
  const recognition = createTeller<RecognitionComplete>()
  const unused = async (): Promise<never> => Promise.reject(new Error('not part of the event feed'))
  return {
    events,
    clock: () => NOW,
    readings: { ingest: unused, recent: unused, latest: unused, onLatest: latest.on },
    recognition: { look: () => undefined, addFace: unused, onComplete: recognition.on },
    tellLatest: latest.tell,
    tellRecognition: recognition.tell,
    listenerCount: () =>
      events.eventNames().reduce((sum, name) => sum + events.listenerCount(name), 0) +
      latest.listeners.size +
      recognition.listeners.size,
  }
}

export interface RunningSockets {
  readonly sockets: EventSockets
  readonly sources: Sources
  readonly guard: Guard
  readonly visits: Visits
  readonly port: number
  readonly stop: () => Promise<void>
}

export const startEventSockets = async (
  options: Partial<EventSocketsOptions> = {},
  door: Partial<Openness> & { readonly doorkeeper?: Doorkeeper } = {},
): Promise<RunningSockets> => {
  const sources = createSources()
  const { doorkeeper = createKeylessDoor(true), apiKey, legacyOpen = false } = door
  const guard = createGuard({ doorkeeper, clock: Date.now }, { apiKey, legacyOpen })
  const visits = createVisits(Date.now)
  const sockets = createEventSockets(
    sources,
    { guard, visits },
    { recognizes: true, gatherMs: 1, ...options },
  )
  const server = createServer()
  server.on('upgrade', sockets.upgrade)
  sockets.start()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    await sockets.stop()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { sockets, sources, guard, visits, port: (server.address() as AddressInfo).port, stop }
}

export interface Client {
  readonly webSocket: WebSocket
  /** Everything received, as text. */
  readonly texts: string[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly types: () => string[]
}

/** A client that is connected and welcomed, or was told why not. */
export const openClient = async (port: number, path = '/', options: ClientOptions = {}): Promise<Client> => {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}${path}`, options)
  const texts: string[] = []
  webSocket.on('message', (data) => texts.push(data.toString()))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    webSocket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  const first = new Promise((resolve) => webSocket.once('message', resolve))
  webSocket.on('error', () => undefined)
  await Promise.race([first, closed])
  return { webSocket, texts, closed, types: () => texts.map((text) => JSON.parse(text).type) }
}

/** A bare connection that has sent a handshake. Nothing reads it yet. */
export const openRaw = async (port: number, headers: HandshakeHeaders = {}): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(handshakeText(headers))
  return socket
}

/** The head of the answer to a raw handshake, and its body as far as it is told. */
export const readAnswer = async (socket: Socket): Promise<string> => {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  while (!text.includes('\r\n\r\n')) await once(socket, 'data')
  return text
}

/** Latest values of a device that weigh about `bytes`. */
export const latestOf = (id: string, bytes = 0): Latest => ({
  deviceId: deviceId(id),
  ts: NOW,
  receivedAt: NOW,
  values: { temperature: 21.5 },
  custom: bytes === 0 ? null : { text: 'x'.repeat(bytes) },
})
