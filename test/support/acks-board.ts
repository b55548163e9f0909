/** The sketch with acks on a link that loses whole messages, both ways: its port on MQTT.js with QoS 0. */
import mqtt from 'mqtt'
import type { Random } from '../oracle/random.ts'
import { type AcksSketchOptions, createAcksSketch } from './acks-sketch.ts'

export interface AcksBoard {
  readonly deviceId: string
  /** Readings measured so far; the n-th has the temperature n. */
  readonly measured: number
  /** Readings that made room before they were sent. */
  readonly forgotten: number
  /** Readings that are not known to be durable yet. */
  readonly kept: number
  /** What the link has carried and what it has lost. */
  readonly link: { readonly published: number; readonly lost: number; readonly acksLost: number }
  /** Measures no more; what is kept is still sent. */
  stopMeasuring(): void
  close(): Promise<void>
}

export interface AcksBoardOptions extends AcksSketchOptions {
  readonly port: number
  readonly deviceId: string
  readonly boot: string
  readonly measureEveryMs: number
  /** Chance that a message gets lost. */
  readonly loss: number
  readonly random: Random
}

const LOOP_MS = 10

/** Connects by itself, again and again, as the sketch does. */
export const startAcksBoard = (options: AcksBoardOptions): AcksBoard => {
  const { deviceId, boot, loss, random } = options
  const link = { published: 0, lost: 0, acksLost: 0 }
  let measured = 0
  let measuring = true
  let measuredAt = 0
  const millis = (): number => Math.floor(performance.now())
  const client = mqtt.connect(`mqtt://127.0.0.1:${options.port}`, {
    clientId: deviceId,
    reconnectPeriod: 100,
    connectTimeout: 2_000,
    queueQoSZero: false,
  })
  const publish = (payload: string): void => {
    link.published += 1
    if (random.next() < loss) link.lost += 1
    else client.publish(`sensors/${deviceId}/data`, payload)
  }
  const sketch = createAcksSketch({ boot, millis, publish }, options)
  client.on('error', () => {}) // a broker that is down is part of the test
  client.on('connect', () => {
    client.subscribe(`acks/${deviceId}`, () => {})
    sketch.connected()
  })
  client.on('message', (_, payload) => {
    if (random.next() < loss) link.acksLost += 1
    else sketch.onAck(payload.toString())
  })
  const loop = setInterval(() => {
    if (measuring && millis() - measuredAt >= options.measureEveryMs) {
      measuredAt = millis()
      measured += 1
      sketch.keepReading(measured)
    }
    if (client.connected) sketch.pump()
  }, LOOP_MS)

  return {
    deviceId,
    link,
    get measured() {
      return measured
    },
    get forgotten() {
      return sketch.state().forgotten
    },
    get kept() {
      return sketch.state().count
    },
    stopMeasuring: () => {
      measuring = false
    },
    close: async () => {
      clearInterval(loop)
      await client.endAsync(true)
    },
  }
}
