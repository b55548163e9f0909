/** One direction of a link: what one socket receives is sent by the other, no faster than the limit. */
import type { Socket } from 'node:net'

export interface LinkFlow {
  /** 0 passes nothing, Infinity all at once. */
  limit(bytesPerSecond: number): void
  /** Passes nothing any more. */
  stop(): void
}

export interface LinkFlowEnds {
  readonly from: Socket
  readonly to: Socket
  /** What of the bytes goes on. */
  readonly pass: (chunk: Buffer) => Buffer
}

/** How often the bucket is filled. */
const TICK_MS = 20

/** Bytes wait here only while the limit holds them; then the sender is not read either. */
export const createLinkFlow = ({ from, to, pass }: LinkFlowEnds): LinkFlow => {
  let waiting: Buffer = Buffer.alloc(0)
  let bytesPerSecond = Number.POSITIVE_INFINITY
  let ended = false
  let blocked = false // the other socket's buffer is full
  let timer: NodeJS.Timeout | undefined

  const send = (bytes: Buffer): void => {
    if (bytes.length > 0 && to.writable) blocked = !to.write(bytes)
  }

  const settle = (): void => {
    if (waiting.length === 0 && ended && to.writable) to.end()
    if (waiting.length > 0 || blocked || bytesPerSecond === 0) from.pause()
    else from.resume()
  }

  const sendUpTo = (bytes: number): void => {
    const now = waiting.subarray(0, bytes)
    waiting = waiting.subarray(now.length)
    send(now)
    settle()
  }

  const tick = (): void => {
    if (waiting.length > 0 && !blocked) sendUpTo(Math.max(1, Math.floor((bytesPerSecond * TICK_MS) / 1000)))
  }

  const flow: LinkFlow = {
    limit: (next) => {
      bytesPerSecond = next
      clearInterval(timer)
      timer = undefined
      if (next === Number.POSITIVE_INFINITY) sendUpTo(waiting.length)
      else if (next > 0) timer = setInterval(tick, TICK_MS)
      settle()
    },
    stop: () => {
      clearInterval(timer)
      waiting = Buffer.alloc(0)
      ended = false
    },
  }

  from.on('data', (chunk: Buffer) => {
    const passed = pass(chunk)
    if (bytesPerSecond === Number.POSITIVE_INFINITY && waiting.length === 0) send(passed)
    else waiting = Buffer.concat([waiting, passed])
    settle()
  })
  from.once('end', () => {
    ended = true
    settle()
  })
  to.on('drain', () => {
    blocked = false
    settle()
  })
  for (const socket of [from, to]) socket.once('close', flow.stop)
  return flow
}
