import { EventEmitter } from 'node:events'

/** What can be observed of the way to the external broker. Nothing here is per message, but for those that are refused. */
export interface ExternalEvents {
  /** Connected and subscribed. `sessionPresent`: the broker kept what came while we were away. */
  connected: [{ sessionPresent: boolean }]
  /** The broker has no session of us though it had one: what came while we were away may be missing. */
  'session:lost': []
  /** No connection, or no more. `reason` says what to do where there is something, and holds nothing secret. */
  disconnected: [{ reason: string; retryInMs: number }]
  /** The broker does not let us subscribe. */
  'subscription:refused': [{ filter: string; reason: string }]
  /** Nothing came for too long though something should have: the connection is made anew. */
  stalled: [{ what: StallKind; afterMs: number }]
  /** A message was not taken in: it is kept without an ack, and tried again. */
  'message:refused': [{ topic: string; error: Error; attempt: number }]
  /** A message that could not be taken in was given up: acked, so that those behind it go on. */
  'message:lost': [{ topic: string; error: Error }]
  /** Messages of ours that went nowhere: the broker was away or too slow. */
  'publish:dropped': [{ count: number; reason: PublishLoss }]
  /** The broker refused a message of ours of QoS 1, or ended the connection each time it was sent: it is given up. */
  'publish:refused': [{ topic: string; reason: string }]
}

export type StallKind = 'connection' | 'subscription'

export type PublishLoss = 'away' | 'slow' | 'too-many'

export type ExternalEmitter = EventEmitter<ExternalEvents>

/** A new emitter. */
export const createExternalEmitter = (): ExternalEmitter => new EventEmitter<ExternalEvents>()
