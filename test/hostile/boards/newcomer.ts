/** A board that wakes up once a second: connects with its credential, sends a reading, and goes. */
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { type BoardOptions, connectOf, onPackets, readingOf } from './honest-board.ts'

const GIVE_UP_MS = 30_000

interface Visit {
  /** From connecting to CONNACK. */
  readonly connectedMs: number
  readonly isAcked: boolean
}

/** One time; undefined when it was not let in. */
export const visit = (options: BoardOptions, seq: number): Promise<Visit | undefined> =>
  new Promise((resolve) => {
    const begun = performance.now()
    let connectedMs: number | undefined
    let isAcked = false
    const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true })
    const send = (packet: Packet): void => void socket.write(mqttPacket.generate(packet))
    socket.setTimeout(GIVE_UP_MS, () => socket.destroy())
    socket.on('error', () => {}) // told by `close`
    socket.once('connect', () => send(connectOf(options)))
    socket.once('close', () => resolve(connectedMs === undefined ? undefined : { connectedMs, isAcked }))
    onPackets(socket, (packet) => {
      if (packet.cmd === 'connack' && packet.returnCode === 0) {
        connectedMs = performance.now() - begun
        send(readingOf(options, seq, false))
      } else if (packet.cmd === 'connack') socket.destroy()
      if (packet.cmd !== 'puback') return
      isAcked = true
      socket.end(mqttPacket.generate({ cmd: 'disconnect' }))
    })
  })

export interface Newcomer {
  readonly sent: number
  readonly acked: ReadonlySet<number>
  stop(): Promise<void>
}

export const createNewcomer = (
  options: BoardOptions,
  { onConnected, onRefused }: { onConnected(ms: number): void; onRefused(): void },
): Newcomer => {
  const acked = new Set<number>()
  const stopping = new AbortController()
  let seq = 0
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      seq += 1
      const came = await visit(options, seq)
      if (came === undefined) onRefused()
      else onConnected(came.connectedMs)
      if (came?.isAcked === true) acked.add(seq)
      await delay(options.everyMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const running = run()
  return {
    get sent() {
      return seq
    },
    acked,
    stop: () => {
      stopping.abort()
      return running
    },
  }
}
