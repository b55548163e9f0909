import { EventEmitter } from 'node:events'
import type { TlsFailure } from './options.ts'

/** What can be observed of the broker. Nothing here is per message. */
export interface BrokerEvents {
  /** A client is connected: its CONNECT was accepted. */
  'client:connected': [{ clientId: string; address: string }]
  'client:disconnected': [{ clientId: string }]
  /** A client listens to these topic filters from now on: it asked to, or it came back to a session that does. */
  'client:subscribed': [{ clientId: string; topics: readonly string[] }]
  /** A connection was closed for what it sent, or for an I/O error. `clientId` is null before CONNECT. */
  'client:error': [{ clientId: string | null; address: string; error: Error }]
  /** A client said nothing for one and a half times its keepalive. */
  'client:keepalive-timeout': [{ clientId: string }]
  /** A publish was not taken in; the connection was closed and its sender keeps the message. */
  'publish:refused': [{ clientId: string | null; topic: string; error: Error }]
  /** A connection to the TLS port ended before it was one: in its handshake, or for its certificate. */
  'tls:failed': [TlsFailure]
  /** The broker itself failed, for instance to store a session. */
  'broker:error': [{ error: Error }]
}

export type BrokerEmitter = EventEmitter<BrokerEvents>

/** A new emitter. */
export const createBrokerEmitter = (): BrokerEmitter => new EventEmitter<BrokerEvents>()
