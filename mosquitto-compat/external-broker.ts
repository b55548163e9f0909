/**
 * An external MQTT broker as the source of messages and the way out for ours: the bridge is a client of it, with a session
 * that outlives both. It keeps trying for as long as it is away, and never gives up by itself.
 *
 * It takes the place of the embedded broker in the program, so it answers what a client of a broker can be asked, and says
 * plainly what it cannot: who is connected, and who listens, only the broker knows.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Intake, PartHealth, Publisher } from '../bridge/index.ts'
import { backoffMs } from './backoff.ts'
import { readBrokerUrl } from './broker-address.ts'
import { createEchoes } from './echoes.ts'
import { createExternalEmitter, type ExternalEmitter } from './external-events.ts'
import { createExternalStatus, type ExternalStats } from './external-status.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { EXTERNAL_DEFAULTS, type ExternalBrokerOptions, type ExternalBrokerTarget } from './options.ts'
import { createOutbox } from './outbox.ts'
import { openSession, type Session, type SessionEnd } from './session.ts'
import { isEchoed } from './subscriptions.ts'
import { refuseUpgrade } from './upgrade.ts'

export interface ExternalBrokerDeps {
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
  readonly random: () => number
  /** The client id was used before: the broker should know our session. */
  readonly expectsSession?: boolean
}

export interface ExternalBroker extends Publisher {
  readonly events: ExternalEmitter
  /** `mqtt://host:port`, without credentials. */
  readonly address: string
  /** Connects. Resolves once subscribed, or without that after `startWaitMs`: it goes on trying. Never rejects. */
  start(intake: Intake): Promise<void>
  /** Answers an HTTP upgrade to MQTT over WebSocket with 501, and where it is served. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Takes nothing more in; what has no ack comes again after the next start. Publishing goes on. */
  stop(): Promise<void>
  /** Sends what is written, says goodbye and closes. */
  close(): Promise<void>
  health(): PartHealth
  stats(): ExternalStats
}

const LOOK_EVERY_MS = 1_000
/** How long a close waits for the broker to take, and to ack, what was published. */
const CLOSE_WITHIN_MS = 1_000
const CLOSE_LOOK_MS = 10

/** A client of the broker that is not connected before `start`. Throws a TypeError for a URL that is none. */
export const createExternalBroker = (
  { monotonic, random, expectsSession = false }: ExternalBrokerDeps,
  given: ExternalBrokerTarget & Partial<ExternalBrokerOptions>,
): ExternalBroker => {
  const options: ExternalBrokerOptions = { ...EXTERNAL_DEFAULTS, ...given }
  const location = readBrokerUrl(options.url)
  const events = createExternalEmitter()
  const echoes = createEchoes(monotonic, options.maxKept + options.maxWaiting)
  const onSent = (topic: string, payload: string): void => {
    if (options.protocol === 4 && isEchoed(topic)) echoes.published(topic, payload)
  }
  const outbox = createOutbox({ events, onSent }, options)
  const status = createExternalStatus(events, location.shown)
  const probed = { heard: false }
  let inbox: Inbox | undefined
  let session: Session | undefined
  let attempt = 0
  let hadSession = expectsSession
  let timers: readonly NodeJS.Timeout[] = []
  let reconnect: NodeJS.Timeout | undefined
  let closing = false
  let closed: Promise<void> | undefined
  let firstSubscribed: (() => void) | undefined

  const onHeld = (): void => {
    const held = inbox?.heldBytes ?? 0
    if (held > options.maxHeldBytes) session?.flow(false)
    else if (held < options.maxHeldBytes / 2) session?.flow(true)
  }

  const connect = (into: Inbox): void => {
    const startedAt = monotonic()
    let kept = false
    session = openSession(
      {
        ...{ location, inbox: into, outbox, echoes, events, monotonic, random, probed },
        onGreeted: (sessionPresent) => {
          kept = sessionPresent
          status.greeted()
          if (hadSession && !sessionPresent) events.emit('session:lost')
          hadSession = true
        },
        onSubscribed: (essential) => {
          if (status.subscribed(essential)) events.emit('connected', { sessionPresent: kept })
          firstSubscribed?.()
        },
        onEnd: (end) => ended(end, monotonic() - startedAt, into),
      },
      options,
    )
  }

  const ended = ({ reason, takenOver }: SessionEnd, lastedMs: number, into: Inbox): void => {
    session = undefined
    if (closing) return status.lost('stopped')
    attempt = lastedMs >= options.stableMs ? 0 : attempt + 1
    const bounds = { minMs: options.minReconnectMs, maxMs: options.maxReconnectMs }
    // Whoever has our client id comes back as soon as we do: at the longest pause the log has time to be read.
    const retryInMs = backoffMs(takenOver ? 30 : attempt, bounds, random())
    status.lost(reason)
    events.emit('disconnected', { reason, retryInMs })
    reconnect = setTimeout(connect, retryInMs, into).unref()
  }

  const start = (intake: Intake): Promise<void> => {
    const into = createInbox({ intake, events, onHeld }, options)
    inbox = into
    return new Promise((resolve) => {
      firstSubscribed = resolve
      timers = [
        setInterval(() => session?.look(), LOOK_EVERY_MS).unref(),
        setTimeout(resolve, options.startWaitMs),
      ]
      connect(into)
    })
  }

  const stop = async (): Promise<void> => inbox?.stop()

  const closeOnce = async (): Promise<void> => {
    await stop()
    closing = true
    clearTimeout(reconnect)
    const deadline = monotonic() + CLOSE_WITHIN_MS
    const pause = () => new Promise((resolve) => setTimeout(resolve, CLOSE_LOOK_MS))
    while (session !== undefined && outbox.unacked > 0 && monotonic() < deadline) await pause()
    session?.end()
    while (session !== undefined && monotonic() < deadline) await pause()
    session?.destroy()
    for (const timer of timers) clearTimeout(timer)
  }

  return {
    events,
    address: location.shown,
    start,
    upgrade: (_request, socket) => refuseUpgrade(socket, location.shown),
    publish: outbox.publish,
    // Only the broker knows who listens.
    isHeard: () => true,
    stop,
    close: () => {
      closed ??= closeOnce()
      return closed
    },
    health: () => status.health(inbox?.unacked ?? 0),
    stats: () =>
      status.stats({
        unacked: inbox?.unacked ?? 0,
        heldBytes: inbox?.heldBytes ?? 0,
        redelivered: inbox?.redelivered ?? 0,
        unsent: outbox.unacked,
      }),
  }
}
