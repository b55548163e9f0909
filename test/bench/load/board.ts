import { connect, type Socket } from 'node:net'
import { type Address, type Doors, deviceIdOf } from '../jobs.ts'
import { createAnswerReader, DISCONNECT, encodeConnect } from '../mqtt-wire.ts'

const CONNACK_TYPE = 2
const KEEP_ALIVE_SECONDS = 600
const CONNECT_TIMEOUT_MS = 30_000
/** Below every usual listen backlog, so that no SYN is dropped and retried a second later. */
const CONNECTING_AT_ONCE = 100

export interface BoardHandlers {
  onPuback?(messageId: number): void
  onOther?(type: number): void
  /** After everything in one read was handed over: the moment to answer with one write. */
  onChunk?(): void
  /** The connection ended before `close` was called. */
  onLost(error: Error): void
}

export interface Board {
  readonly deviceId: string
  readonly socket: Socket
  close(): void
}

/** Connects one board; rejects when the broker does not take it. */
export const connectBoard = (
  { keep = false, ...address }: Address & { readonly keep?: boolean },
  deviceId: string,
  handlers: BoardHandlers,
): Promise<Board> =>
  new Promise((resolve, reject) => {
    let state: 'connecting' | 'open' | 'closing' = 'connecting'
    const read = createAnswerReader({
      onPuback: (messageId) => handlers.onPuback?.(messageId),
      onOther: (type, lastByte) => {
        if (type !== CONNACK_TYPE) handlers.onOther?.(type)
        else if (lastByte !== 0) socket.destroy(new Error(`${deviceId} was refused with code ${lastByte}`))
        else opened()
      },
    })
    const onread = {
      buffer: new Uint8Array(2048),
      callback: (length: number, bytes: Uint8Array): boolean => {
        read(bytes, length)
        handlers.onChunk?.()
        return true
      },
    }
    const socket = connect({ ...address, noDelay: true, onread })
    const opened = (): void => {
      state = 'open'
      socket.setTimeout(0)
      const close = (): void => {
        state = 'closing'
        socket.end(DISCONNECT)
      }
      resolve({ deviceId, socket, close })
    }
    let cause: Error | undefined
    const lost = (): void => {
      const error = new Error(
        `the connection of ${deviceId} ended: ${cause?.message ?? 'closed by the broker'}`,
      )
      if (state === 'connecting') reject(error)
      else if (state === 'open') handlers.onLost(error)
    }
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error('no CONNACK in time')))
    socket.once('connect', () => socket.write(encodeConnect(deviceId, KEEP_ALIVE_SECONDS, keep)))
    socket.on('error', (error) => {
      cause = error
    })
    socket.once('close', lost)
  })

/** Connects that many boards, a bounded number at a time. Rejects when one cannot connect. */
export const connectBoards = async (
  {
    address,
    others = [],
    boards: count,
    keep = false,
  }: Doors & { readonly boards: number; readonly keep?: boolean },
  handlersOf: (board: number) => BoardHandlers,
): Promise<readonly Board[]> => {
  const doors = [address, ...others]
  const doorOf = (board: number): Address => doors[board % doors.length] ?? address
  const boards: Board[] = []
  for (let from = 0; from < count; from += CONNECTING_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(CONNECTING_AT_ONCE, count - from) }, (_, i) => from + i)
    const connecting = numbers.map((n) => connectBoard({ ...doorOf(n), keep }, deviceIdOf(n), handlersOf(n)))
    boards.push(...(await Promise.all(connecting)))
  }
  return boards
}

/** Closes all boards and waits until their sockets are gone, so that the next job meets a quiet broker. */
export const closeBoards = async (boards: readonly Board[]): Promise<void> => {
  const open = boards.filter((board) => !board.socket.destroyed)
  const gone = open.map((board) => new Promise((resolve) => board.socket.once('close', resolve)))
  for (const board of boards) board.close()
  const force = setTimeout(() => {
    for (const board of boards) board.socket.destroy()
  }, 5000)
  await Promise.all(gone)
  clearTimeout(force)
}
