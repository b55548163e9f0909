/**
 * A board's MQTT connection, packet by packet: connects, and connects again whenever it is lost. What is sent while
 * it is down is lost; the board on top of it sends again what it must.
 */
import { connect, type Socket } from 'node:net'
import mqttPacket, { type Packet } from 'mqtt-packet'
import type { Random } from '../random.ts'

export interface LinkOptions {
  readonly port: number
  readonly clientId: string
  /** False: the broker keeps the session over a reconnect. */
  readonly clean: boolean
  readonly random: Random
}

export interface LinkHandlers {
  /** Connected: the moment to send again what is not acked. */
  onOpen(): void
  onPacket(packet: Packet): void
  /** An answer that no board should get; it connects again. */
  onOdd(answer: string): void
}

export interface Link {
  readonly isOpen: boolean
  send(packet: Packet): void
  /** Sends a part of the packet's bytes, or all of them, and is gone. Connects again soon. */
  tear(packet: Packet): void
  /** Gone without a word, as with the power. */
  drop(): void
  /** Says goodbye when it is connected; resolves when the socket is gone. Does not connect again. */
  close(): Promise<void>
}

const CONNACK_TIMEOUT_MS = 3_000
const CLOSE_TIMEOUT_MS = 3_000
const KEEPALIVE_S = 60
const PING_EVERY_MS = 15_000
const RECONNECT_MS = { least: 50, most: 350 } as const

/** Keeps a connection to 127.0.0.1 until `close`. */
export const createLink = (options: LinkOptions, handlers: LinkHandlers): Link => {
  const { port, clientId, clean, random } = options
  let socket: Socket | undefined
  let isOpen = false
  let isClosed = false
  let retry: NodeJS.Timeout | undefined
  let ping: NodeJS.Timeout | undefined

  const take = (packet: Packet): void => {
    if (packet.cmd !== 'connack') return handlers.onPacket(packet)
    if (packet.returnCode !== 0) {
      handlers.onOdd(`CONNACK ${packet.returnCode}`)
      return void socket?.destroy()
    }
    isOpen = true
    socket?.setTimeout(0)
    ping = setInterval(() => socket?.write(mqttPacket.generate({ cmd: 'pingreq' })), PING_EVERY_MS)
    handlers.onOpen()
  }

  const open = (): void => {
    const mine = connect({ port, host: '127.0.0.1', noDelay: true })
    socket = mine
    const parser = mqttPacket.parser({ protocolVersion: 4 })
    parser.on('packet', (packet) => {
      if (!mine.destroyed) take(packet)
    })
    parser.on('error', (error) => {
      handlers.onOdd(`no MQTT packet: ${error.message}`)
      mine.destroy()
    })
    mine.on('data', (bytes) => parser.parse(bytes))
    mine.on('error', () => {}) // a broker that is down is part of the test
    mine.setTimeout(CONNACK_TIMEOUT_MS, () => mine.destroy())
    mine.once('connect', () =>
      mine.write(
        mqttPacket.generate({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clientId,
          clean,
          keepalive: KEEPALIVE_S,
        }),
      ),
    )
    mine.once('close', () => {
      isOpen = false
      clearInterval(ping)
      if (!isClosed) retry = setTimeout(open, random.whole(RECONNECT_MS.least, RECONNECT_MS.most))
    })
  }
  open()

  const drop = (): void => {
    isOpen = false
    socket?.destroy()
  }
  return {
    get isOpen() {
      return isOpen
    },
    send: (packet) => {
      if (isOpen) socket?.write(mqttPacket.generate(packet))
    },
    tear: (packet) => {
      const bytes = mqttPacket.generate(packet)
      const mine = socket
      if (!isOpen || mine === undefined) return
      // No more goes out on it, else the rest would be read as this packet's.
      isOpen = false
      mine.write(bytes.subarray(0, random.whole(1, bytes.length)), () => mine.destroy())
    },
    drop,
    close: async () => {
      isClosed = true
      clearTimeout(retry)
      const mine = socket
      if (mine === undefined || mine.destroyed) return
      const gone = new Promise((resolve) => mine.once('close', resolve))
      const force = setTimeout(() => mine.destroy(), CLOSE_TIMEOUT_MS)
      if (isOpen) mine.end(mqttPacket.generate({ cmd: 'disconnect' }))
      else mine.destroy()
      await gone
      clearTimeout(force)
    },
  }
}
