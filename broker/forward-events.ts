/** What Aedes tells, as the broker's own typed events. */
import type { Aedes, Client } from 'aedes'
import type { BrokerEmitter } from './broker-events.ts'
import { addressOf, ConnectRefusal } from './connect-request.ts'

/** A subscription that was not granted [MQTT-3.9.3]. */
const REFUSED = 128

/** What a client that has just connected listens to already: a kept session brings it along. */
const keptTopics = (client: Client): readonly string[] => {
  const subscriptions: unknown = Reflect.get(client, 'subscriptions')
  return Object.keys(subscriptions ?? {})
}

const forwardSubscriptions = (aedes: Aedes, events: BrokerEmitter): void => {
  const tell = (clientId: string, topics: readonly string[]): void => {
    if (topics.length > 0) events.emit('client:subscribed', { clientId, topics })
  }
  aedes.on('subscribe', (subscriptions, { id }) =>
    tell(
      id,
      subscriptions.filter(({ qos }) => Number(qos) !== REFUSED).map(({ topic }) => topic),
    ),
  )
  // Aedes restores a session's subscriptions without a word, and reads a client on before it is ready: it may have
  // subscribed to more by then, which is told already.
  const kept = new WeakMap<Client, readonly string[]>()
  aedes.on('connackSent', (_, client) => kept.set(client, keptTopics(client)))
  // From here on the client is sent what is published.
  aedes.on('clientReady', (client) => {
    tell(client.id, kept.get(client) ?? [])
    kept.delete(client)
  })
}

/** Why a connection ended: Aedes itself refused its CONNECT (it gives such errors a code), or it failed. */
const forwardErrors = (aedes: Aedes, events: BrokerEmitter): void => {
  const tell = (client: Client, error: Error): void => {
    // Told of where it was refused.
    if (error instanceof ConnectRefusal) return
    const address = addressOf(client)
    const clientId = client.id ?? null
    if (Reflect.has(error, 'errorCode')) events.emit('connect:refused', { address, reason: error.message })
    else events.emit('client:error', { clientId, address, error })
  }
  aedes.on('clientError', tell)
  aedes.on('connectionError', tell)
  Reflect.apply(aedes.on, aedes, ['error', (error: Error) => events.emit('broker:error', { error })])
}

/** Tells on `events` what happens in `aedes`. */
export const forwardEvents = (
  aedes: Aedes,
  events: BrokerEmitter,
  isMoved: (client: Client) => boolean = () => false,
): void => {
  aedes.on('clientReady', (client) =>
    events.emit('client:connected', { clientId: client.id, address: addressOf(client) }),
  )
  aedes.on('clientDisconnect', (client) => {
    const { id: clientId } = client
    events.emit('client:disconnected', isMoved(client) ? { clientId, moved: true } : { clientId })
  })
  aedes.on('keepaliveTimeout', (client) => events.emit('client:keepalive-timeout', { clientId: client.id }))
  forwardErrors(aedes, events)
  forwardSubscriptions(aedes, events)
}
