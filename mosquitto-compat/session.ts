/** One connection to the broker, from CONNECT to its end: greets, subscribes, sorts what comes, and watches over itself. */
import type { IConnackPacket, IPublishPacket, Packet } from 'mqtt-packet'
import { ackBytes } from './ack-bytes.ts'
import type { BrokerLocation } from './broker-address.ts'
import { connectPacket, KEEPALIVE_S } from './connect-packet.ts'
import type { Echoes } from './echoes.ts'
import type { ExternalEmitter } from './external-events.ts'
import type { Inbox } from './inbox.ts'
import { type Link, openLink } from './link.ts'
import type { ExternalBrokerOptions } from './options.ts'
import type { Outbox } from './outbox.ts'
import { connackReason, isRefusal, isTakeOver, networkReason, reasonOf } from './reasons.ts'
import { filtersFor, isCommand, isEchoed, probeTopic, readGrants, subscribePacket } from './subscriptions.ts'
import { createWatchdog } from './watchdog.ts'

export interface SessionEnd {
  readonly reason: string
  /** Another client has our session now. */
  readonly takenOver: boolean
}

export interface SessionDeps {
  readonly location: BrokerLocation
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly echoes: Echoes
  readonly events: ExternalEmitter
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
  readonly random: () => number
  /** Of the whole process: whether our own probe ever came back. */
  readonly probed: { heard: boolean }
  /** The broker let us in. */
  readonly onGreeted: (sessionPresent: boolean) => void
  /** It answered a SUBSCRIBE; `essential`: readings come in. */
  readonly onSubscribed: (essential: boolean) => void
  /** Once. */
  readonly onEnd: (end: SessionEnd) => void
}

export interface Session {
  /** Called once a second: pings, probes, asks again for subscriptions, ends what is dead. */
  look(): void
  /** Reads on, or not. */
  flow(on: boolean): void
  /** Says goodbye; the broker keeps the session. */
  end(): void
  destroy(): void
}

/** The outbox gives out lower ones. */
const SUBSCRIBE_ID = 65_535
const UNHEARD =
  'a probe sent there did not come back: give the user of Sluice the rights to read and write sluice/#'
/** What 26 kbit/s bring in the 20 s that a probe may take: a packet that is longer is a message. */
const LARGE_BYTES = 64 * 1024
/** What MQTT 5 assumes of a broker that names no Receive Maximum, and what Mosquitto takes by default. */
const WINDOW = { 5: 65_535, 4: 20 } as const
const EARLY_END =
  'before it answered: does it speak this version of MQTT (BROKER_PROTOCOL), and is the scheme right (mqtt:// or mqtts://)?'

// Mosquitto 2.0 with max_queued_messages 0 ends a connection right after it refused a message of it.
const REFUSED_WITHIN_MS = 1_000
// Mosquitto 2.0 says nothing to a client whose session another one takes.
const SOON_END =
  'soon after it let us in: does another program use this client id (a copy of DATA_DIR)? Give one of them a BROKER_CLIENT_ID'

/** Opens a connection; how it goes is told to `deps`. */
export const openSession = (deps: SessionDeps, options: ExternalBrokerOptions): Session => {
  const { location, inbox, outbox, echoes, events, monotonic } = deps
  const { protocol } = options
  const probe = probeTopic(options.clientId)
  const startedAt = monotonic()
  let link: Link | undefined
  let greeted = false
  let probed = false
  let ended: SessionEnd | undefined
  let grantedAt: number | undefined
  let askedAt = startedAt
  let filters: readonly string[] = []
  let heardAt = startedAt
  let everything = false
  let refusedAt = Number.NEGATIVE_INFINITY

  const watchdog = createWatchdog(options, startedAt, {
    probes: () => probed,
    token: () => `${options.clientId} ${deps.random().toString(36).slice(2)}`,
  })

  const finish = (end: SessionEnd): void => {
    if (ended !== undefined) return
    ended = end
    if (greeted) {
      inbox.lost()
      outbox.lost()
      echoes.away()
    }
    link?.destroy(new Error(end.reason))
    deps.onEnd(end)
  }
  const fail = (reason: string, takenOver = false): void => finish({ reason, takenOver })

  const subscribe = (): void => {
    askedAt = monotonic()
    filters = [...options.alsoTopics, ...filtersFor(protocol, probe, everything)]
    link?.send(subscribePacket(protocol, filters, SUBSCRIBE_ID))
  }

  const greet = (packet: IConnackPacket, to: Link): void => {
    const code = (protocol === 5 ? packet.reasonCode : packet.returnCode) ?? 0
    if (code !== 0) return fail(connackReason(code))
    greeted = true
    const { sessionPresent, properties } = packet
    // [MQTT-3.2.2-21]
    watchdog.keepAlive(properties?.serverKeepAlive ?? KEEPALIVE_S)
    echoes.back()
    inbox.connected(sessionPresent, (due) => to.write(ackBytes(due, protocol)))
    subscribe()
    outbox.connected(to, sessionPresent, properties?.receiveMaximum ?? WINDOW[protocol])
    deps.onGreeted(sessionPresent)
  }

  const subscribed = (granted: readonly unknown[]): void => {
    const grants = readGrants(filters, granted)
    probed = grants.probe
    everything = grants.refused.length === 0
    grantedAt = monotonic()
    for (const { filter, code } of grants.refused)
      events.emit('subscription:refused', { filter, reason: reasonOf(code) })
    deps.onSubscribed(grants.essential)
  }

  const receive = (packet: IPublishPacket): void => {
    const { topic, qos, retain } = packet
    const payload = packet.payload as Buffer
    if (topic === probe) {
      deps.probed.heard = true
      watchdog.message(payload.toString())
      return inbox.pass(packet)
    }
    watchdog.message()
    if (protocol === 4 && (retain || (isEchoed(topic) && echoes.takes(topic, payload))))
      return inbox.pass(packet)
    if (!retain) return inbox.take(packet, { topic, payload, qos, retain })
    // The board was sent it as it is. Kept by the broker it would sound again at each of its reconnects.
    const clear = isCommand(topic) && payload.byteLength > 0
    if (clear) outbox.publish(topic, '', { retain: true })
    inbox.take(packet, { topic, payload, qos, retain: !clear })
  }

  const acked = (messageId: number, reasonCode: number): void => {
    if (isRefusal(reasonCode)) refusedAt = monotonic()
    outbox.acked(messageId, reasonCode)
  }

  const handle = (packet: Packet): void => {
    if (ended !== undefined || link === undefined) return
    if (packet.cmd === 'publish') return receive(packet)
    if (packet.cmd === 'puback') return acked(packet.messageId ?? 0, packet.reasonCode ?? 0)
    if (packet.cmd === 'connack') return greet(packet, link)
    if (packet.cmd === 'suback') return subscribed(packet.granted)
    // Of a session that was subscribed with QoS 2 before: what is released was taken in at its PUBLISH.
    if (packet.cmd === 'pubrel') return link.send({ cmd: 'pubcomp', messageId: packet.messageId ?? 0 })
    if (packet.cmd !== 'disconnect') return
    const code = packet.reasonCode ?? 0
    fail(reasonOf(code), isTakeOver(code))
  }

  const closed = (error: Error): void => {
    const reason = networkReason(error)
    if ('code' in error) return fail(reason)
    if (!greeted) return fail(`${reason} ${EARLY_END}`)
    const now = monotonic()
    if (now - refusedAt < REFUSED_WITHIN_MS) return fail(`${reason} after it refused a message of ours`)
    fail(now - startedAt < options.stableMs ? `${reason} ${SOON_END}` : reason)
  }

  openLink(
    { location, protocol, caPath: options.caPath },
    {
      open: () => link?.send(connectPacket(location, options)),
      packet: handle,
      heard: (unfinished) => {
        heardAt = monotonic()
        watchdog.heard()
        // A message is on its way, and on a slow link the probe waits behind it for longer than it may.
        if (unfinished >= LARGE_BYTES) watchdog.message()
      },
      drained: () => outbox.drained(),
      closed,
    },
  ).then(
    (opened) => {
      link = opened
      if (ended !== undefined) opened.destroy(new Error(ended.reason))
    },
    (error: Error) => fail(networkReason(error)),
  )

  const stalled = (what: 'connection' | 'subscription', afterMs: number): void => {
    if (what === 'subscription' && !deps.probed.heard) {
      // Mosquitto grants what its access list forbids, and delivers nothing: another connection would hear no more.
      probed = false
      everything = false
      return void events.emit('subscription:refused', { filter: probe, reason: UNHEARD })
    }
    events.emit('stalled', { what, afterMs: Math.round(afterMs) })
    fail(what === 'connection' ? 'the broker did not answer a PINGREQ' : 'the subscription went silent')
  }

  const watch = (now: number, to: Link): void => {
    const step = watchdog.look(now, to.paused || inbox.unacked > 0)
    if (step === undefined) return
    if (step.do === 'ping') return to.send({ cmd: 'pingreq' })
    if (step.do === 'probe') return outbox.publish(probe, step.token)
    stalled(step.what, step.afterMs)
  }

  return {
    look: () => {
      const now = monotonic()
      if (ended !== undefined) return
      if (link?.paused === true) heardAt = now
      // What the broker kept for us comes before its SUBACK, and may take longer than this.
      const isLate = grantedAt === undefined && now - heardAt >= options.connectTimeoutMs
      if (isLate) return fail('the broker did not answer in time')
      if (!greeted || link === undefined) return
      watch(now, link)
      if (grantedAt === undefined || ended !== undefined) return
      const pauseMs = everything ? options.resubscribeEveryMs : options.retrySubscribeMs
      if (now - askedAt >= pauseMs) subscribe()
    },
    flow: (on) => {
      if (link === undefined || link.paused !== on) return
      if (on) link.resume()
      else link.pause()
    },
    end: () => {
      if (ended !== undefined) return
      if (greeted) link?.end({ cmd: 'disconnect' })
      else fail('stopped')
    },
    destroy: () => fail('stopped'),
  }
}
