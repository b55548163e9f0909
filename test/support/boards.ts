/** Boards made of MQTT.js: each publishes readings with boot and seq, and logs what was acked. */
import mqtt, { type MqttClient } from 'mqtt'

export interface Acked {
  readonly deviceId: string
  readonly boot: string
  readonly seq: number
}

export interface Board {
  readonly deviceId: string
  /** Every reading acked so far, in the order of the acks. */
  readonly acked: readonly Acked[]
  readonly published: number
  /** How often the broker has closed the connection. */
  readonly lostConnections: number
  /** Publishes without pause, at most `window` unacked at a time, until `stop`. */
  start(): void
  /** Publishes no more; resolves when everything published is acked, rejects when a publish failed. */
  stop(): Promise<void>
  close(): Promise<void>
}

export interface BoardOptions {
  readonly port: number
  readonly deviceId: string
  readonly window?: number
  /** Milliseconds between two readings; absent: as fast as the acks come. */
  readonly everyMs?: number
  /** Default 1. */
  readonly qos?: 1 | 2
}

const BOOT = 'boot-1'

/** A board that keeps its session and resends what was not acked, as esp-mqtt does. */
export const connectBoard = async (options: BoardOptions): Promise<Board> => {
  const { deviceId, port, window = 10, everyMs, qos = 1 } = options
  const client: MqttClient = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId: deviceId,
    clean: false,
    reconnectPeriod: 100,
    connectTimeout: 2_000,
    keepalive: 60,
  })
  client.on('error', () => {}) // a broker that is down is part of the test
  let lostConnections = 0
  client.on('close', () => {
    lostConnections += 1
  })
  const acked: Acked[] = []
  let published = 0
  let running = false
  let timer: NodeJS.Timeout | undefined
  let idle: (() => void) | undefined
  let failure: Error | undefined

  const publishOne = (): void => {
    published += 1
    const seq = published
    const payload = JSON.stringify({ temperature: seq / 10, boot: BOOT, seq })
    client.publish(`sensors/${deviceId}/data`, payload, { qos }, (error) => {
      if (error) {
        // The client keeps what is unacked over lost connections: it fails only when it is closed.
        if (running) failure ??= error
        return idle?.()
      }
      acked.push({ deviceId, boot: BOOT, seq })
      if (running && everyMs === undefined) publishOne()
      if (!running && acked.length === published) idle?.()
    })
  }

  return {
    deviceId,
    acked,
    get published() {
      return published
    },
    get lostConnections() {
      return lostConnections
    },
    start: () => {
      running = true
      if (everyMs !== undefined) timer = setInterval(publishOne, everyMs)
      else for (let index = 0; index < window; index += 1) publishOne()
    },
    stop: () => {
      running = false
      clearInterval(timer)
      return new Promise((resolve, reject) => {
        const settle = (): void => (failure === undefined ? resolve() : reject(failure))
        if (failure !== undefined || acked.length === published) settle()
        else idle = settle
      })
    },
    close: async () => {
      running = false
      clearInterval(timer)
      await client.endAsync(true)
    },
  }
}
