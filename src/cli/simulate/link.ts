/** A simulated board's connection: MQTT.js, held to what a board has (few messages under way, a pause before it comes back). */
import mqtt from 'mqtt'
import { clientOptions, type MqttTarget } from '../mqtt-target.ts'
import type { Board } from './board.ts'
import { type Outgoing, statusOf, subscriptionsOf } from './messages.ts'

export interface LinkEvents {
  /** Connected, the first time or again. */
  readonly up: () => void
  readonly down: () => void
  readonly acked: () => void
  readonly message: (topic: string, payload: string) => void
  /** An attempt failed, or the broker said no. */
  readonly failed: (error: Error) => void
}

export interface Link {
  readonly connected: boolean
  readonly unacked: number
  /** With QoS 1. */
  publish(message: Outgoing): void
  /** Breaks the connection; it comes back by itself. */
  drop(): void
  /** Says that it goes offline, and goodbye. */
  end(): Promise<void>
  /** At once, without a word. */
  kill(): void
}

const KEEPALIVE_S = 60
const RECONNECT_MS = 1_000
const CONNECT_TIMEOUT_MS = 10_000

export const openLink = (target: MqttTarget, board: Board, on: LinkEvents): Link => {
  const will = statusOf(board.id, 'offline')
  const client = mqtt.connect({
    ...clientOptions(target),
    clientId: board.id,
    keepalive: KEEPALIVE_S,
    reconnectPeriod: RECONNECT_MS + board.reactionMs(),
    connectTimeout: CONNECT_TIMEOUT_MS,
    resubscribe: false,
    will: { topic: will.topic, payload: Buffer.from(String(will.payload)), qos: 1, retain: true },
  })
  let unacked = 0
  let ended = false

  const publish = ({ topic, payload, retain = false }: Outgoing): Promise<void> =>
    new Promise((resolve) => {
      unacked += 1
      client.publish(topic, payload as string | Buffer, { qos: 1, retain }, (error) => {
        unacked -= 1
        if (!error) on.acked()
        resolve()
      })
    })

  client.on('connect', () => {
    client.subscribe([...subscriptionsOf(board.id)], { qos: 1 }, () => undefined)
    void publish(board.hello())
    void publish(statusOf(board.id, 'online'))
    on.up()
  })
  let wasUp = false
  client.on('connect', () => {
    wasUp = true
  })
  client.on('close', () => {
    if (wasUp) on.down()
    else if (!ended) on.failed(new Error('the connection was closed'))
    wasUp = false
  })
  client.on('error', on.failed)
  client.on('message', (topic, payload) => on.message(topic, payload.toString()))

  return {
    get connected() {
      return client.connected
    },
    get unacked() {
      return unacked
    },
    publish: (message) => void publish(message),
    drop: () => client.stream.destroy(),
    end: async () => {
      ended = true
      if (client.connected) await publish(will)
      await client.endAsync()
    },
    kill: () => {
      ended = true
      client.end(true)
    },
  }
}
