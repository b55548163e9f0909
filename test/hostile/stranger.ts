/** Connections of strangers, from other addresses than the honest boards'. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface Stranger {
  readonly socket: Socket
  /** False from the moment that either side has closed it. */
  readonly isOpen: boolean
  /** The first bytes of what it was sent. */
  readonly head: Buffer
  /** Resolves when there are so many bytes of an answer, or it is closed. */
  answered(bytes: number): Promise<void>
  readonly closed: Promise<void>
  /** Written only while it is open; false: it is not. */
  write(bytes: Uint8Array | string): boolean
  /** The same; resolves when the kernel has taken all of it. */
  writeAll(bytes: Uint8Array | string): Promise<boolean>
  cut(): void
}

const ADDRESSES = 20
const HEAD_BYTES = 1024

/** The loopback address of the n-th stranger. */
export const addressOf = (n: number): string => `127.0.1.${1 + (n % ADDRESSES)}`

/** Resolves when it is connected, or could not be. Reads all that comes, unless told to read nothing. */
export const openStranger = async (port: number, n: number, reads = true): Promise<Stranger> => {
  const socket = connect({ host: '127.0.0.1', port, localAddress: addressOf(n), noDelay: true })
  let head = Buffer.alloc(0)
  let isOpen = true
  socket.on('error', () => {}) // to be cut off is part of the test
  if (reads)
    socket.on('data', (bytes) => {
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, bytes]).subarray(0, HEAD_BYTES)
    })
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      isOpen = false
      resolve()
    }
    socket.once('end', end).once('close', end)
  })
  await Promise.race([once(socket, 'connect').catch(() => {}), closed])
  const write = (bytes: Uint8Array | string): boolean => {
    if (isOpen && socket.writable) socket.write(bytes)
    return isOpen
  }
  return {
    socket,
    get isOpen() {
      return isOpen
    },
    get head() {
      return head
    },
    answered: async (bytes) => {
      while (isOpen && head.length < bytes) await Promise.race([once(socket, 'data').catch(() => {}), closed])
    },
    closed,
    write,
    writeAll: async (bytes) => {
      if (!write(bytes)) return false
      if (socket.writableNeedDrain) await Promise.race([once(socket, 'drain').catch(() => {}), closed])
      return isOpen
    },
    cut: () => void socket.destroy(),
  }
}

/** Opens `count` of them, some hundred at a time: the kernel's queue of new connections is short. */
export const openMany = async <T>(
  count: number,
  open: (n: number) => Promise<T>,
  together = 200,
): Promise<readonly T[]> => {
  const opened: T[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const n = next
      next += 1
      opened.push(await open(n))
    }
  }
  await Promise.all(Array.from({ length: Math.min(together, count) }, worker))
  return opened
}

/** Waits until the other side has closed all of them; gives how many it has not within `ms`. */
export const stillOpen = async (strangers: readonly Stranger[], ms: number): Promise<number> => {
  const late = new AbortController()
  const all = Promise.all(strangers.map(({ closed }) => closed))
  await Promise.race([all, delay(ms, undefined, { signal: late.signal }).catch(() => {})])
  late.abort()
  return strangers.filter(({ isOpen }) => isOpen).length
}

/** Cuts all of them, and waits until they are gone. */
export const cutAll = async (strangers: readonly Stranger[]): Promise<void> => {
  for (const stranger of strangers) stranger.cut()
  await Promise.all(strangers.map(({ socket }) => socket.closed || once(socket, 'close')))
}
