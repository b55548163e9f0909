/** How it stands with the external broker: for `/health` and `/metrics`. */
import type { PartHealth } from '../bridge/index.ts'
import type { ExternalEmitter, PublishLoss, StallKind } from './external-events.ts'

/** Counted since the start, but for what is of this moment. */
export interface ExternalStats {
  /** Of this moment: 1 when connected and subscribed to readings. */
  readonly connected: number
  /** Of this moment: messages without an ack, and the bytes of those that are not taken in. */
  readonly unacked: number
  readonly heldBytes: number
  /** Of this moment: messages of ours of QoS 1 that the broker has not acked. */
  readonly unsent: number
  readonly connects: number
  readonly failures: number
  readonly sessionsLost: number
  /** Messages that were sent again and known already. */
  readonly redelivered: number
  readonly messagesRefused: number
  readonly messagesLost: number
  readonly subscriptionsRefused: number
  readonly publishesRefused: number
  readonly publishesDropped: Readonly<Record<PublishLoss, number>>
  readonly stalls: Readonly<Record<StallKind, number>>
}

export type ExternalNow = Pick<ExternalStats, 'unacked' | 'heldBytes' | 'redelivered' | 'unsent'>

/** Nothing yet; what a program without an external broker shows as well. */
export const NO_EXTERNAL_STATS: ExternalStats = {
  connected: 0,
  unacked: 0,
  heldBytes: 0,
  unsent: 0,
  connects: 0,
  failures: 0,
  sessionsLost: 0,
  redelivered: 0,
  messagesRefused: 0,
  messagesLost: 0,
  subscriptionsRefused: 0,
  publishesRefused: 0,
  publishesDropped: { away: 0, slow: 0, 'too-many': 0 },
  stalls: { connection: 0, subscription: 0 },
}

type Counted = 'connects' | 'failures' | 'sessionsLost' | 'messagesRefused' | 'messagesLost'
type Refused = 'subscriptionsRefused' | 'publishesRefused'

const countEvents = (events: ExternalEmitter) => {
  const counts: Record<Counted | Refused, number> = {
    connects: 0,
    failures: 0,
    sessionsLost: 0,
    messagesRefused: 0,
    messagesLost: 0,
    subscriptionsRefused: 0,
    publishesRefused: 0,
  }
  const publishesDropped: Record<PublishLoss, number> = { ...NO_EXTERNAL_STATS.publishesDropped }
  const stalls: Record<StallKind, number> = { ...NO_EXTERNAL_STATS.stalls }
  const add = (name: Counted | Refused) => (): void => {
    counts[name] += 1
  }
  events.on('connected', add('connects'))
  events.on('disconnected', add('failures'))
  events.on('session:lost', add('sessionsLost'))
  events.on('message:refused', add('messagesRefused'))
  events.on('message:lost', add('messagesLost'))
  events.on('subscription:refused', add('subscriptionsRefused'))
  events.on('publish:refused', add('publishesRefused'))
  events.on('publish:dropped', ({ reason, count }) => {
    publishesDropped[reason] += count
  })
  events.on('stalled', ({ what }) => {
    stalls[what] += 1
  })
  return () => ({ ...counts, publishesDropped: { ...publishesDropped }, stalls: { ...stalls } })
}

/** Not connected yet. */
export const createExternalStatus = (events: ExternalEmitter, address: string) => {
  const counts = countEvents(events)
  let state: 'away' | 'greeted' | 'subscribed' | 'refused' = 'away'
  let problem = 'not connected yet'

  const message = (): string => {
    if (state === 'subscribed') return 'connected to the external broker'
    if (state === 'refused')
      return 'the external broker refuses the subscription to readings: give its user read rights on sensors/#'
    if (state === 'greeted') return 'connected, not subscribed yet'
    return `the external broker is away, it is tried again: ${problem}`
  }

  return {
    greeted: (): void => {
      state = 'greeted'
    },
    /** True when readings come in from now on, and did not before. */
    subscribed: (essential: boolean): boolean => {
      const isNew = essential && state !== 'subscribed'
      state = essential ? 'subscribed' : 'refused'
      return isNew
    },
    lost: (reason: string): void => {
      state = 'away'
      problem = reason
    },
    health: (unacked: number): PartHealth => ({
      ok: state === 'subscribed',
      message: message(),
      external: address,
      unacked,
    }),
    stats: (now: ExternalNow): ExternalStats => ({
      ...counts(),
      ...now,
      connected: state === 'subscribed' ? 1 : 0,
    }),
  }
}
