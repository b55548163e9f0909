/**
 * The other nodes, and who of them listens to what. Each node tells the others its filters as they change, numbered;
 * whoever finds a number missing asks for all of them, so nothing has to be kept in Redis and nothing is left over of
 * a node that died. A SUBSCRIBE is answered only when the others have acked its filter: from the SUBACK on, no message
 * of another node is missed, and what was retained before is there to be read.
 *
 * Bounded in time: a node that does not answer for a second is not waited for, and one that was not heard of for
 * five seconds is gone.
 */
import type { KeptChange } from './kept-subscriptions.ts'
import type { NodeLink, NodeMessage } from './node-link.ts'
import { createOwnFilters } from './own-filters.ts'
import { createPeerFilters, type PeerFilters } from './peer-filters.ts'
import { within } from './within.ts'

export interface ClusterNodes {
  /** The nodes that hear a topic. */
  readonly hearers: PeerFilters['hearers']
  /** This node listens to a filter now; resolves when all others know. */
  listen(filter: string): Promise<void>
  unlisten(filter: string): void
  /** Tells what changed of a kept session, and is in Redis; resolves when all others know of what was added. */
  keep(change: KeptChange): Promise<void>
  /** Asks a node to end the connection of this client, which comes to us; resolves when it has, or is gone. */
  release(nodeId: string, clientId: string): Promise<void>
  isAlive(nodeId: string): boolean
  /** What came from another node. */
  receive(message: NodeMessage): void
  /** Redis is back: what was said meanwhile was missed. */
  reconnected(): void
  start(link: NodeLink): void
  stop(): void
  readonly count: number
  /** Of how many the filters are known. */
  readonly known: number
  /** Filters of all others. */
  readonly filters: number
}

export interface ClusterNodesDeps {
  readonly nodeId: string
  readonly monotonic: () => number
  /** A message of another node is to be delivered here. */
  readonly onPacket: (packet: unknown) => void
  /** Another node changed what a kept session subscribes to. */
  readonly onKept: (change: KeptChange) => void
  /** Such a change may have been missed: resolves when what is in Redis was read; never rejects. */
  readonly onMissed: () => Promise<void>
  /** Ends the connection of a client that went to another node. */
  readonly onRelease: (clientId: string) => Promise<void>
}

export const CLUSTER_TIMES = { beatMs: 1_000, waitMs: 1_000, goneMs: 5_000, releaseMs: 2_000 } as const
export type ClusterTimes = { readonly [name in keyof typeof CLUSTER_TIMES]: number }

interface Peer {
  version: number | undefined
  heardAt: number
  /** Something it told was not heard. */
  hasMissed: boolean
}

interface Waiter {
  readonly version: number
  readonly missing: Set<string>
  readonly resolve: () => void
}

/** Knows nobody before `start`. */
export const createClusterNodes = (
  { nodeId, monotonic, onPacket, onKept, onMissed, onRelease }: ClusterNodesDeps,
  { beatMs, waitMs, goneMs, releaseMs }: ClusterTimes = CLUSTER_TIMES,
): ClusterNodes => {
  const filters = createPeerFilters()
  const peers = new Map<string, Peer>()
  const waiters = new Set<Waiter>()
  const releases = new Map<string, { readonly nodeId: string; readonly resolve: () => void }>()
  let link: NodeLink | undefined
  let beat: NodeJS.Timeout | undefined
  let nextRelease = 0
  /** Until then nobody is known to be dead: this node has not heard the others for long enough. */
  let trustAt = 0

  const say = (type: string, fields: Readonly<Record<string, unknown>> = {}): NodeMessage => ({
    ...fields,
    type,
    from: nodeId,
  })
  const tellFilters = (to: string): void =>
    link?.to(to, say('filters', { version: own.version, filters: own.told }))

  const acked = (from: string, upTo: number): void => {
    for (const waiter of waiters) {
      if (waiter.version > upTo) continue
      waiter.missing.delete(from)
      if (waiter.missing.size === 0) waiter.resolve()
    }
  }

  const drop = (id: string): void => {
    peers.delete(id)
    filters.forget(id)
    acked(id, Number.POSITIVE_INFINITY)
    for (const release of releases.values()) if (release.nodeId === id) release.resolve()
  }

  const known = (id: string): Peer => {
    const peer = peers.get(id) ?? { version: undefined, heardAt: 0, hasMissed: false }
    if (!peers.has(id)) {
      peers.set(id, peer)
      filters.unknown(id)
      link?.to(id, say('ask'))
    }
    peer.heardAt = monotonic()
    return peer
  }

  const mistrust = (id: string, peer: Peer): void => {
    if (peer.version !== undefined) peer.hasMissed = true
    peer.version = undefined
    filters.unknown(id)
    link?.to(id, say('ask'))
  }

  const everybodyKnows = (version: number): Promise<void> =>
    within(waitMs, (resolve) => {
      const waiter: Waiter = { version, missing: new Set(peers.keys()), resolve }
      waiters.add(waiter)
      return () => void waiters.delete(waiter)
    })

  const own = createOwnFilters(async (version, { added, removed, kept }) => {
    if (peers.size === 0) return
    link?.toAll(say('interest', { version, added, removed, kept }))
    if (added.length > 0 || kept.some((change) => change.added.length > 0)) await everybodyKnows(version)
  })

  const onInterest = (from: string, peer: Peer, message: NodeMessage): void => {
    const { version: told, added, removed, kept } = message
    // Of use also when it is not the next: what is in Redis is read after it.
    for (const change of kept as KeptChange[]) onKept(change)
    if (peer.version === undefined || told !== peer.version + 1) return mistrust(from, peer)
    peer.version = told
    filters.change(from, added as string[], removed as string[])
    link?.to(from, say('ack', { version: told }))
  }

  const release = async (from: string, { id, clientId }: NodeMessage): Promise<void> => {
    await onRelease(String(clientId))
    link?.to(from, say('released', { id }))
  }

  const receivers: Readonly<Record<string, (message: NodeMessage, peer: Peer) => void>> = {
    packet: ({ packet }) => onPacket(packet),
    interest: (message, peer) => onInterest(message.from, peer, message),
    ack: ({ from, version: upTo }) => acked(from, Number(upTo)),
    filters: ({ from, version: told, filters: all }, peer) => {
      peer.version = Number(told)
      filters.replace(from, all as string[])
      const ack = (): void => link?.to(from, say('ack', { version: told }))
      // What it told up to this version is in Redis.
      if (peer.hasMissed) void onMissed().then(ack)
      else ack()
      peer.hasMissed = false
    },
    ask: ({ from }) => tellFilters(from),
    hello: (message, peer) => {
      mistrust(message.from, peer)
      if (message.again === true) peer.hasMissed = true
      tellFilters(message.from)
    },
    alive: ({ from, version: told }, peer) => {
      if (peer.version !== undefined && peer.version !== told) mistrust(from, peer)
      else if (peer.version === undefined) link?.to(from, say('ask'))
    },
    release: (message) => void release(message.from, message),
    released: ({ id }) => releases.get(String(id))?.resolve(),
    bye: ({ from }) => drop(from),
  }

  const turn = (): void => {
    const now = monotonic()
    for (const [id, { heardAt }] of peers) {
      if (now - heardAt <= goneMs) continue
      drop(id)
      // What it did last it may not have told.
      void onMissed()
    }
    link?.toAll(say('alive', { version: own.version }))
  }

  return {
    hearers: filters.hearers,
    listen: own.listen,
    unlisten: own.unlisten,
    keep: own.keep,
    release: async (id, clientId) => {
      if (!peers.has(id) || link === undefined) return
      const name = String(nextRelease++)
      await within(releaseMs, (resolve) => {
        releases.set(name, { nodeId: id, resolve })
        link?.to(id, say('release', { id: name, clientId }))
        return () => void releases.delete(name)
      })
    },
    isAlive: (id) => id === nodeId || peers.has(id) || monotonic() < trustAt,
    receive: (message) => {
      if (message.type === 'bye') return drop(message.from)
      if (Object.hasOwn(receivers, message.type)) receivers[message.type]?.(message, known(message.from))
    },
    reconnected: () => {
      trustAt = monotonic() + goneMs
      for (const [id, peer] of peers) {
        peer.heardAt = monotonic()
        mistrust(id, peer)
      }
      link?.toAll(say('hello', { again: true }))
      void onMissed()
    },
    start: (opened) => {
      link = opened
      trustAt = monotonic() + goneMs
      link.toAll(say('hello'))
      beat = setInterval(turn, beatMs)
      beat.unref()
    },
    stop: () => {
      clearInterval(beat)
      link?.toAll(say('bye'))
      for (const id of [...peers.keys()]) drop(id)
      link = undefined
    },
    get count() {
      return peers.size
    },
    get known() {
      let known = 0
      for (const { version } of peers.values()) if (version !== undefined) known += 1
      return known
    },
    get filters() {
      return filters.size
    },
  }
}
