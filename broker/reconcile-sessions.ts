/**
 * After a time without Redis: writes anew what the clients of this node have there, as others may have taken it for
 * dead, and ends there what they no longer have. A client whose session went elsewhere, was given up, or has messages
 * waiting that it would not be sent while it is connected, is disconnected: it comes again, and takes up what there is.
 */
import type { Client } from 'aedes'
import type { Clock } from '../bridge/index.ts'
import type { Kept, SessionRecords } from './session-records.ts'
import { queueOf } from './shared-queue.ts'
import type { RedisCommands } from './shared-redis.ts'

/** A client of this node, and what is written down of it; not before it is settled. */
export interface Presence {
  readonly client: Client
  readonly owner: string
  readonly kept: Kept | undefined
  isSettled: boolean
}

export interface ReconcilingDeps {
  readonly redis: RedisCommands
  readonly nodeId: string
  readonly now: Clock
  /** Of this node there are the wills of these clients, and no others. */
  readonly reconcileWills: (clients: ReadonlyMap<string, Client>) => Promise<void>
  readonly disconnect: (client: Client, why: 'elsewhere' | 'stale') => void
}

export interface ReconcileDeps extends ReconcilingDeps {
  readonly records: SessionRecords
  /** By client id; goes on changing. */
  readonly present: ReadonlyMap<string, Presence>
}

/** Clients that are gone, though they are written down as connected to a node: they are away from now on. */
export const writeOff = async (
  { records, now }: Pick<ReconcileDeps, 'records' | 'now'>,
  isGone: (clientId: string, node: string) => boolean,
): Promise<void> => {
  await records.eachKept(async (clientId, found) => {
    const { value: _, ...kept } = found
    if (kept.awaySince === null && isGone(clientId, kept.node))
      await records.replace(clientId, { ...kept, awaySince: now() }, found)
  })
  await records.eachHeld(async (clientId, { node }) => {
    if (isGone(clientId, node)) await records.letGo(clientId, node)
  })
}

/** Clients looked at side by side. */
const PAGE = 200

/** Rejects when Redis fails again. */
export const reconcileSessions = async ({
  redis,
  nodeId,
  now,
  records,
  present,
  reconcileWills,
  disconnect,
}: ReconcileDeps): Promise<void> => {
  const stateOf = async ({ client: { id }, owner, kept }: Presence) => {
    if (!(await records.holdOn(id, { node: nodeId, owner, awaySince: null }))) return 'elsewhere'
    if (kept === undefined) return undefined
    const isKept = await records.rewrite(id, kept, nodeId)
    return isKept && Number(await redis.call('LLEN', queueOf(id))) === 0 ? undefined : 'stale'
  }

  const lookAt = async (presence: Presence): Promise<void> => {
    const state = await stateOf(presence)
    if (state !== undefined && present.get(presence.client.id) === presence)
      disconnect(presence.client, state)
  }

  const settled = [...present.values()].filter(({ isSettled }) => isSettled)
  for (let at = 0; at < settled.length; at += PAGE)
    await Promise.all(settled.slice(at, at + PAGE).map(lookAt))
  await writeOff({ records, now }, (clientId, node) => node === nodeId && !present.has(clientId))
  await reconcileWills(new Map([...present].map(([clientId, { client }]) => [clientId, client])))
}
