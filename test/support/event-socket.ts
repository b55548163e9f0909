/** A WebSocket client of the older kind, which collects the events it is told. */
import { WebSocket } from 'ws'
import { eventually } from './eventually.ts'

export interface SocketEvent {
  readonly type: string
  readonly [field: string]: unknown
}

export interface EventSocket {
  /** All events so far, without pongs. */
  readonly events: readonly SocketEvent[]
  /** Removes and returns the events so far. */
  take(): readonly SocketEvent[]
  /** Resolves when everything the server had to tell until now has come. */
  caughtUp(): Promise<void>
  close(): Promise<void>
}

const parse = (text: string): SocketEvent => {
  const event: unknown = JSON.parse(text)
  if (typeof event !== 'object' || event === null || !('type' in event))
    throw new Error(`not an event: ${text}`)
  return event as SocketEvent
}

/** Connects and waits for the welcome, which stays among the events. */
export const openEventSocket = async (url: string): Promise<EventSocket> => {
  const socket = new WebSocket(url)
  const events: SocketEvent[] = []
  let pongs = 0
  let pings = 0
  socket.on('error', () => {}) // told by 'close'
  socket.on('message', (data) => {
    const event = parse(String(data))
    if (event.type === 'pong') pongs += 1
    else events.push(event)
  })
  await eventually(() => {
    if (socket.readyState === WebSocket.CLOSED) throw new Error(`no WebSocket at ${url}`)
    return events.length > 0
  })
  return {
    events,
    take: () => events.splice(0),
    caughtUp: async () => {
      pings += 1
      const wanted = pings
      socket.send('{"type":"ping"}')
      await eventually(() => pongs >= wanted)
    },
    close: async () => {
      socket.close()
      await eventually(() => socket.readyState === WebSocket.CLOSED)
    },
  }
}
