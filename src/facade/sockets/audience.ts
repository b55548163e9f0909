/**
 * The connected clients and what they are told. While there is none, nothing is listened to, serialised or
 * gathered. Every message that does not reach a connected client is counted.
 */
import { connectionMessage, type EventMessage, pongMessage } from './event-messages.ts'
import { type EventSources, listenToSources } from './event-sources.ts'
import { createFanOut } from './fan-out.ts'
import { plainFrames } from './frame.ts'
import { createOutbox } from './outbox.ts'
import type { SocketSettings } from './socket-options.ts'
import type { SocketStats } from './socket-stats.ts'
import { type Viewer, write } from './viewer.ts'

const OUTBOX_BOUNDS = { maxBatchBytes: 65_536, deflateFromBytes: 1_024 }

/** What gathering saves grows with the sockets: for a few it is not worth a delay, for 1,000 it is all of `most`. */
const FEW_SOCKETS = 20
const gatherFor = (sockets: number, most: number): number =>
  sockets <= FEW_SOCKETS ? 0 : Math.min(most, Math.ceil(sockets / FEW_SOCKETS))

export interface Audience {
  readonly viewers: ReadonlySet<Viewer>
  /** Welcomes a client and tells it all that happens from now on. */
  join(viewer: Viewer): void
  leave(viewer: Viewer): void
  /** Answers a client's ping. */
  pong(viewer: Viewer): void
}

export const createAudience = (
  sources: EventSources,
  stats: SocketStats,
  { recognizes, maxBacklogBytes, gatherMs }: SocketSettings,
): Audience => {
  const viewers = new Set<Viewer>()
  let endSources: (() => void) | undefined

  const send = (viewer: Viewer, frames: Buffer, messages: number): void => {
    const outcome = write(viewer, frames, maxBacklogBytes)
    if (outcome === 'sent') stats.sent += messages
    else if (outcome === 'slow') stats.skipped += messages
  }
  const sendAlone = (viewer: Viewer, message: EventMessage): void =>
    send(viewer, plainFrames([Buffer.from(JSON.stringify(message))]), 1)

  const fanOut = createFanOut(viewers, (viewer, batch) =>
    send(viewer, viewer.deflates ? batch.deflated() : batch.plain(), batch.messages),
  )
  const outbox = createOutbox(
    { gatherMs: () => gatherFor(viewers.size, gatherMs), ...OUTBOX_BOUNDS },
    (batch) => {
      if (!fanOut.deliver(batch)) stats.skipped += batch.messages * viewers.size
    },
  )

  return {
    viewers,
    join: (viewer) => {
      viewers.add(viewer)
      sendAlone(viewer, connectionMessage(sources.clock()))
      endSources ??= listenToSources(sources, recognizes, (message) => outbox.add(JSON.stringify(message)))
    },
    leave: (viewer) => {
      viewers.delete(viewer)
      if (viewers.size > 0) return
      endSources?.()
      endSources = undefined
      outbox.clear()
      fanOut.clear()
    },
    pong: (viewer) => sendAlone(viewer, pongMessage(sources.clock())),
  }
}
