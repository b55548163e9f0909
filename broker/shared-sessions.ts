/**
 * Whose each kept session is, who is connected where, and since when a client is away: the session book of all nodes
 * together, in Redis. The rules are those of session-book.ts. A client that comes here while it is connected to
 * another node is released there first, so its will and what belongs to its session are done with.
 *
 * Before a session is given up its record says so: nobody takes it up while what belongs to it is being removed. When
 * that ends half-way, because its node is gone, whoever comes next to the session ends it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'aedes'
import type { ClusterNodes } from './cluster-nodes.ts'
import type { BrokerOptions, LimitName } from './options.ts'
import { type Presence, type ReconcilingDeps, reconcileSessions, writeOff } from './reconcile-sessions.ts'
import type { SessionBook } from './session-book.ts'
import { AWAY, createSessionRecords, type Found, type Kept, ownedKey } from './session-records.ts'
import { queueOf } from './shared-queue.ts'

const MIN_SWEEP_MS = 10
const MAX_SWEEP_MS = 60_000
/** After this nobody is removing what belongs to a session any more, whatever its record says. */
const DROP_MS = 10_000
const LOOK_MS = 50
/** Looks for a session to be in nobody else's hands: more than DROP_MS of them. */
const MAX_LOOKS = 300

export interface SharedSessions extends SessionBook {
  /** Redis was away: writes anew what this node's clients have, and ends what they no longer have. */
  reconcile(): Promise<void>
}

export interface SharedSessionsDeps extends ReconcilingDeps {
  readonly nodes: Pick<ClusterNodes, 'release' | 'isAlive'>
  /** Removes all that is kept for a client id. */
  readonly drop: (clientId: string) => Promise<void>
  readonly onError: (error: Error) => void
  readonly onLimit: (limit: LimitName, clientId: string) => void
}

/** The book of one node over what all share. */
export const createSharedSessions = (
  deps: SharedSessionsDeps,
  {
    maxSessions,
    maxSessionsPerOwner,
    sessionExpiryMs,
  }: Pick<BrokerOptions, 'maxSessions' | 'maxSessionsPerOwner' | 'sessionExpiryMs'>,
): SharedSessions => {
  const { redis, nodeId, nodes, drop, now, onError, onLimit } = deps
  /** Clients of this node that came back to their session. */
  const resumed = new Set<string>()
  /** Who came last under a client id: the end of whoever had it before says nothing. */
  const newest = new Map<string, Presence>()
  /** Redis was not told of the end of somebody. */
  let isBehind = false
  const records = createSessionRecords(redis)
  let sweeping: NodeJS.Timeout | undefined
  let size = 0

  const isOver = ({ awaySince, droppedAt }: Kept): boolean =>
    droppedAt !== undefined || (awaySince !== null && now() - awaySince >= sessionExpiryMs)
  const isBeingDropped = ({ droppedAt }: Kept): boolean =>
    droppedAt !== undefined && now() - droppedAt < DROP_MS

  /** False when somebody else came first: its client is back, or it is being given up already. */
  const giveUp = async (clientId: string, found: Found): Promise<boolean> => {
    if (isBeingDropped(found)) return false
    // Of no node: its client may still be leaving, which is written down for its node only.
    const claim = {
      node: `-${nodeId}`,
      owner: found.owner,
      awaySince: found.awaySince ?? now(),
      droppedAt: now(),
    }
    const claimed = await records.replace(clientId, claim, found)
    if (claimed === undefined) return false
    await drop(clientId)
    await records.remove(clientId, claimed)
    return true
  }

  const giveUpIf = async (
    limit: LimitName,
    clientIds: readonly string[],
    condition: (found: Found) => boolean,
  ): Promise<void> => {
    for (const clientId of clientIds) {
      const found = await records.find(clientId)
      if (found !== undefined && condition(found) && (await giveUp(clientId, found))) onLimit(limit, clientId)
    }
  }

  const evict = async (limit: LimitName, key: string, count: number): Promise<void> => {
    if (count <= 0) return
    const isAway = ({ awaySince }: Found): boolean => awaySince !== null
    await giveUpIf(limit, await records.awayLongest(key, count), isAway)
  }

  const countKept = async (): Promise<number> => {
    size = await records.count()
    return size
  }

  const makeRoomFor = async (owner: string): Promise<void> => {
    if (owner !== '') {
      const owned = await records.countOf(owner)
      await evict('maxSessionsPerOwner', ownedKey(owner), owned - maxSessionsPerOwner)
    }
    await evict('maxSessions', ownedKey(owner), (await countKept()) - maxSessions)
    if (owner !== '') await evict('maxSessions', AWAY, (await countKept()) - maxSessions)
  }

  /** Nothing of it is changed when the client has come back, here or elsewhere. */
  const left = async (presence: Presence): Promise<void> => {
    const { client, kept } = presence
    if (newest.get(client.id) !== presence) return
    newest.delete(client.id)
    try {
      await records.letGo(client.id, nodeId)
      if (kept === undefined) return
      await records.rewrite(client.id, { ...kept, awaySince: now() }, nodeId)
      await makeRoomFor(kept.owner)
    } catch (error) {
      isBehind = true
      onError(error as Error)
    }
  }

  /** The session is this client's, and nobody removes anything of it. True when it is one it had before. */
  const settle = async ({ id, clean }: Client, owner: string, kept: Kept | undefined): Promise<boolean> => {
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const found = await records.find(id)
      if (found !== undefined && isBeingDropped(found)) {
        await delay(LOOK_MS)
        continue
      }
      const isOurs = found !== undefined && found.owner === owner && !isOver(found)
      if (found !== undefined && (clean || !isOurs)) {
        await giveUp(id, found)
        continue
      }
      if (kept === undefined) return false
      // A node that had not heard yet that the former session was given up may have queued something since.
      if (!isOurs) await redis.call('DEL', queueOf(id))
      if ((await records.replace(id, kept, found)) !== undefined) return isOurs
    }
    throw new Error('the session is in other hands')
  }

  const connect = async (client: Client, owner: string, kept: Kept | undefined): Promise<boolean> => {
    const holder = await records.holder(client.id)
    if (holder !== undefined && holder.node !== nodeId) await nodes.release(holder.node, client.id)
    const held = records.hold(client.id, { node: nodeId, owner, awaySince: null })
    const [isOurs] = await Promise.all([settle(client, owner, kept), held])
    return isOurs
  }

  const takeUp = async (client: Client, owner: string): Promise<void> => {
    const kept = client.clean ? undefined : { node: nodeId, owner, awaySince: null }
    const presence: Presence = { client, owner, kept, isSettled: false }
    newest.set(client.id, presence)
    try {
      const isOurs = await connect(client, owner, kept)
      if (isOurs) resumed.add(client.id)
      else resumed.delete(client.id)
      if (kept !== undefined) await makeRoomFor(owner)
    } catch (error) {
      // It is refused, and may have been written down already: nobody would come to its end.
      await left(presence)
      throw error
    }
    presence.isSettled = true
    const leave = (): void => void left(presence)
    if (client.closed || client.conn.destroyed) leave()
    else client.conn.once('close', leave)
  }

  const reconcile = async (): Promise<void> => {
    isBehind = false
    await reconcileSessions({ ...deps, records, present: newest })
  }

  /** What nodes left that are no more: their clients are away since nobody knows when. */
  const buryDead = (): Promise<void> => writeOff({ records, now }, (_, node) => !nodes.isAlive(node))

  const sweep = async (): Promise<void> => {
    await giveUpIf('sessionExpiryMs', await records.awayBefore(now() - sessionExpiryMs), isOver)
    await buryDead()
    if (isBehind) await reconcile()
    await countKept()
  }

  /** Also when its client leaves, or comes to another node, while it is being given up. */
  const dropOwned = async (clientId: string, owner: string): Promise<boolean> => {
    for (;;) {
      const found = await records.find(clientId)
      if (found?.owner !== owner || isBeingDropped(found)) return false
      if (await giveUp(clientId, found)) return true
    }
  }

  const dropOwner = async (owner: string, onDropped: (clientId: string) => void): Promise<void> => {
    for (const clientId of await records.ofOwner(owner))
      if (await dropOwned(clientId, owner)) onDropped(clientId)
  }

  return {
    load: async () => {
      const everyMs = Math.min(Math.max(sessionExpiryMs / 10, MIN_SWEEP_MS), MAX_SWEEP_MS)
      sweeping = setInterval(() => void sweep().catch(onError), everyMs)
      sweeping.unref()
      await countKept()
    },
    takeUp,
    reconcile,
    ownerOf: async (clientId) => {
      const [holder, kept] = await Promise.all([records.holder(clientId), records.find(clientId)])
      if (holder !== undefined && nodes.isAlive(holder.node) && holder.owner !== '') return holder.owner
      return kept === undefined || isOver(kept) ? undefined : kept.owner
    },
    isResumed: (clientId) => resumed.has(clientId),
    owners: async () => {
      const owners = new Set<string>()
      await records.eachKept((_, { owner }) => owners.add(owner))
      owners.delete('')
      return [...owners]
    },
    dropOwner: (owner, onDropped) => void dropOwner(owner, onDropped).catch(onError),
    get size() {
      return size
    },
    stop: async () => clearInterval(sweeping),
  }
}
