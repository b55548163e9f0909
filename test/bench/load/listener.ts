import { connect } from 'node:net'
import { type Address, monotonicMs } from '../jobs.ts'
import { encodeConnect, encodeSubscribe } from '../mqtt-wire.ts'

/** A client that subscribes to `sensors/#` and counts what it is sent. */
export interface Listener {
  /** Waits until nothing more comes; gives how many messages came, and when the last of them did. */
  rest(): Promise<{ readonly heard: number; readonly lastAt: number }>
  close(): void
}

const CONNACK = 2
const PUBLISH = 3
const SUBACK = 9
const KEEP_ALIVE_SECONDS = 600
const SUBACK_WITHIN_MS = 10_000
/** Silent for this long: nothing more comes. */
const SILENT_MS = 1_500
const LOOK_MS = 50

/** Tells the type of each packet in a stream, however it is cut. */
export const createTypeReader = (onType: (type: number) => void): ((chunk: Uint8Array) => void) => {
  let type = 0
  /** -1: a packet's first byte is next. */
  let shift = -1
  let length = 0
  let rest = 0
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (rest > 0) {
        const taken = Math.min(rest, chunk.length - at)
        rest -= taken
        at += taken
        continue
      }
      const byte = chunk[at++] ?? 0
      if (shift < 0) {
        type = byte >> 4
        shift = 0
        length = 0
        continue
      }
      length += (byte & 0x7f) << shift
      shift += 7
      if (byte >= 0x80) continue
      shift = -1
      rest = length
      onType(type)
    }
  }
}

/** Connects it; resolves when its SUBACK is there. */
export const startListener = (address: Address): Promise<Listener> =>
  new Promise((resolve, reject) => {
    let heard = 0
    let lastAt = monotonicMs()
    const rest = async () => {
      const from = monotonicMs()
      while (monotonicMs() - Math.max(from, lastAt) < SILENT_MS)
        await new Promise((look) => setTimeout(look, LOOK_MS))
      return { heard, lastAt }
    }
    const socket = connect({ ...address, noDelay: true })
    const read = createTypeReader((type) => {
      if (type === PUBLISH) {
        heard += 1
        lastAt = monotonicMs()
      } else if (type === CONNACK) socket.write(encodeSubscribe(1, 'sensors/#'))
      else if (type === SUBACK) {
        socket.setTimeout(0)
        resolve({ rest, close: () => socket.destroy() })
      }
    })
    socket.setTimeout(SUBACK_WITHIN_MS, () => socket.destroy(new Error('no SUBACK in time')))
    socket.once('connect', () => socket.write(encodeConnect('bench-listener', KEEP_ALIVE_SECONDS)))
    socket.on('data', read)
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('the listener was closed by the broker')))
  })
