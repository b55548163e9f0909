import type { Registry } from 'prom-client'
import type { ExternalStats } from '../../mosquitto-compat/index.ts'
import { count, counts, gauge } from './instruments.ts'

type Numbers = 'connects' | 'failures' | 'sessionsLost' | 'redelivered' | 'messagesRefused' | 'messagesLost'

/** The way to an external broker; all 0 with the embedded one. */
export const readExternal = (registry: Registry, external: () => ExternalStats): void => {
  const now = (name: string, help: string, field: 'connected' | 'unacked' | 'heldBytes' | 'unsent'): void =>
    void gauge(registry, { name: `external_${name}`, help }, () => external()[field])
  const of = (
    name: string,
    help: string,
    field: Numbers | 'subscriptionsRefused' | 'publishesRefused',
  ): void => void count(registry, { name: `external_${name}`, help }, () => external()[field])
  now('connected', '1: connected to the external broker, and subscribed', 'connected')
  now('unacked', 'Messages of the external broker without an ack', 'unacked')
  now('held_bytes', 'Bytes of its messages that are not taken in yet', 'heldBytes')
  now('unsent', 'Messages to it that it has not acked', 'unsent')
  of('connects', 'Connections to the external broker', 'connects')
  of('failures', 'Connections to it that failed or ended', 'failures')
  of('sessions_lost', 'Sessions that it had forgotten', 'sessionsLost')
  of('redelivered', 'Messages that it sent again and that were known', 'redelivered')
  of('messages_refused', 'Attempts to take a message in that failed', 'messagesRefused')
  of('messages_lost', 'Messages that were given up', 'messagesLost')
  of('subscriptions_refused', 'Subscriptions that it refused', 'subscriptionsRefused')
  of('publishes_refused', 'Messages of ours that it refused', 'publishesRefused')
  const dropped = 'Messages to it that were dropped: it was away or slow'
  counts(registry, { name: 'external_publishes_dropped', help: dropped, label: 'reason' }, () => ({
    ...external().publishesDropped,
  }))
  const stalls = 'Connections made anew because nothing came'
  counts(registry, { name: 'external_stalls', help: stalls, label: 'what' }, () => ({ ...external().stalls }))
}
