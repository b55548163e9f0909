/** One MQTT connection by MQTT.js, which is loaded when the first is wanted. When it ends it is not taken up again. */
import type { Connection, ConnectionEvents, Login } from './live-client.ts'

/**
 * Long, since a page in the background is let run once a minute; that the connection is alive is told by what comes
 * over it.
 */
const KEEPALIVE_S = 240
const CONNECT_TIMEOUT_MS = 15_000
/** CONNACK return codes of MQTT 3.1.1 for who we are: bad user name or password, not authorized. */
const REFUSED: readonly unknown[] = [4, 5]

const clientId = (): string => `page-${crypto.getRandomValues(new Uint32Array(2)).join('')}`

const optionsOf = ({ protocol, hostname, port }: Location, login: Login | undefined) => {
  const isSecure = protocol === 'https:'
  return {
    protocol: isSecure ? ('wss' as const) : ('ws' as const),
    hostname,
    port: Number(port) || (isSecure ? 443 : 80),
    path: '/mqtt',
    protocolVersion: 4 as const,
    clientId: clientId(),
    ...login,
    clean: true,
    keepalive: KEEPALIVE_S,
    timerVariant: 'native' as const,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    resubscribe: false,
  }
}

const load = () => import('mqtt-js')

/** Loads it ahead of the first connection, while others are still asked. */
export const preloadMqtt = (): void => void load().catch(() => undefined)

export const openMqtt = (login: Login | undefined, events: ConnectionEvents): Connection => {
  let isOver = false
  let isRefused = false
  let client: import('mqtt-js').MqttClient | undefined

  const over = (): void => {
    if (isOver) return
    isOver = true
    client?.end(true)
    events.closed(isRefused)
  }

  const start = async (): Promise<void> => {
    const { default: mqtt } = await load()
    if (isOver) return
    const options = optionsOf(location, login)
    client = new mqtt.MqttClient((one) => mqtt.browserStreamBuilder(one, options), options)
    client.on('connect', () => isOver || events.opened())
    client.on('message', events.message)
    client.on('error', ({ code }) => {
      isRefused ||= REFUSED.includes(code)
    })
    client.on('close', over)
  }
  start().catch(over)

  return {
    subscribe: (filters) => client?.subscribe(filters, { qos: 0 }),
    unsubscribe: (filters) => client?.unsubscribe(filters),
    publish: (topic, payload) =>
      new Promise((resolve) => {
        if (client === undefined || isOver) return resolve(false)
        client.publish(topic, payload, { qos: 1 }, (error) => resolve(error == null))
      }),
    end: () => {
      isOver = true
      client?.end(true)
    },
  }
}
