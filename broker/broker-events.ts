import { EventEmitter } from 'node:events'
import type { Identity } from '../bridge/index.ts'
import type { LimitName, TlsFailure } from './options.ts'

/** What can be observed of the broker. Nothing here is per message, but for those that are refused. */
export interface BrokerEvents {
  /** A client is connected: its CONNECT was accepted. */
  'client:connected': [{ clientId: string; address: string }]
  /** `moved`: it is connected to another node. */
  'client:disconnected': [{ clientId: string; moved?: true }]
  /** A client listens to these topic filters from now on: it asked to, or it came back to a session that does. */
  'client:subscribed': [{ clientId: string; topics: readonly string[] }]
  /** A connection was closed for what it sent, or for an I/O error. `clientId` is null before CONNECT. */
  'client:error': [{ clientId: string | null; address: string; error: Error }]
  /** A client said nothing for one and a half times its keepalive. */
  'client:keepalive-timeout': [{ clientId: string }]
  /** A CONNECT was answered with a return code other than 0. `reason` holds nothing secret. */
  'connect:refused': [{ clientId?: string; address: string; reason: string }]
  /** A publish was not taken in; the connection was closed and its sender keeps the message. */
  'publish:refused': [{ clientId: string | null; topic: string; error: Error }]
  /** A connection to the TLS port ended before it was one: in its handshake, or for its certificate. */
  'tls:failed': [TlsFailure]
  /** A publish, or a will, that its sender may not make was acked and went nowhere. */
  'publish:denied': [{ clientId: string; identity: Identity; topic: string }]
  /** A filter was answered with 128, or dropped from a session, as its client may not be sent what it matches. */
  'subscribe:denied': [{ clientId: string; identity: Identity; filter: string }]
  /** A kept session was removed, with all that waited for it, as nobody of its owner's name has credentials any more. */
  'session:removed': [{ clientId: string; owner: string }]
  /** A bound was reached. `clientId` and `address` where one client is to be named. */
  'limit:hit': [{ limit: LimitName; clientId?: string; address?: string }]
  /** The broker itself failed, for instance to store a session. */
  'broker:error': [{ error: Error }]
}

export type BrokerEmitter = EventEmitter<BrokerEvents>

/** A new emitter. */
export const createBrokerEmitter = (): BrokerEmitter => new EventEmitter<BrokerEvents>()
