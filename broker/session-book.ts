/**
 * Whose each kept session is, and since when its client is away. A session is given up when somebody else is admitted
 * with its client id, when its client is away for too long, and when there are too many, of one owner or in all: of the one who comes the
 * session away longest goes first, then anybody's. For those without a name nobody else's goes. All of an owner go when
 * there is no such owner any more.
 *
 * The owner is written before anything of the session is, so that no crash leaves one without.
 */
import type { Client } from 'aedes'
import type { Clock, Level } from '../bridge/index.ts'
import type { BrokerOptions, LimitName } from './options.ts'
import { ALL_OWNERS, clientIdIn, ownerKey } from './session-keys.ts'

/** The most often expired sessions are looked for, and the least. */
const MIN_SWEEP_MS = 10
const MAX_SWEEP_MS = 60_000

/** As it is stored. `awaySince`: epoch ms; null: its client was connected. */
interface Kept {
  readonly owner: string
  readonly awaySince: number | null
}

interface Entry extends Kept {
  /** Who it is connected as. */
  readonly client: Client | undefined
  /** It was there before this client came. */
  readonly isResumed: boolean
}

const ENCODING = { keyEncoding: 'utf8', valueEncoding: 'json' } as const

export interface SessionBookDeps {
  readonly db: Level
  /** Removes all that is kept for a client id. */
  readonly drop: (clientId: string) => Promise<void>
  readonly now: Clock
  readonly onError: (error: Error) => void
  readonly onLimit: (limit: LimitName, clientId: string) => void
}

export interface SessionBook {
  /** Reads the book; `others`: client ids of which something is kept though they are not in it. */
  load(others: Iterable<string>): Promise<void>
  /** Before a session is restored. Nothing to wait for with a clean session that leaves nothing behind. */
  takeUp(client: Client, owner: string): Promise<void> | undefined
  /** Whose the session of this client id is, unless it is over. */
  ownerOf(clientId: string): string | undefined | Promise<string | undefined>
  /** Whether the client that has this session now came back to it [MQTT-3.2.2-2]. */
  isResumed(clientId: string): boolean
  /** The names that sessions are kept for. */
  owners(): Promise<readonly string[]>
  /** Gives up all sessions of this name, told one by one; clients that still have one keep it until they go. */
  dropOwner(owner: string, onDropped: (clientId: string) => void): void
  /** Sessions there are, connected or not. */
  readonly size: number
  /** Resolves when what was given up is removed. */
  stop(): Promise<void>
}

/** A book in the database of the sessions. */
export const createSessionBook = (
  { db, drop, now, onError, onLimit }: SessionBookDeps,
  {
    maxSessions,
    maxSessionsPerOwner,
    sessionExpiryMs,
  }: Pick<BrokerOptions, 'maxSessions' | 'maxSessionsPerOwner' | 'sessionExpiryMs'>,
): SessionBook => {
  // Those away in the order in which they left, as each is put at the end when it does.
  const entries = new Map<string, Entry>()
  const ownedBy = new Map<string, number>()
  const dropping = new Map<string, Promise<void>>()
  let sweeping: NodeJS.Timeout | undefined

  const remove = (clientId: string): void => {
    const entry = entries.get(clientId)
    if (entry === undefined) return
    entries.delete(clientId)
    const left = (ownedBy.get(entry.owner) ?? 0) - 1
    if (left > 0) ownedBy.set(entry.owner, left)
    else ownedBy.delete(entry.owner)
  }

  const add = (clientId: string, entry: Entry): void => {
    remove(clientId)
    entries.set(clientId, entry)
    ownedBy.set(entry.owner, (ownedBy.get(entry.owner) ?? 0) + 1)
  }

  const write = (clientId: string, entry: Entry): Promise<void> => {
    add(clientId, entry)
    const { owner, awaySince } = entry
    return db.put<string, Kept>(ownerKey(clientId), { owner, awaySince }, ENCODING)
  }

  const giveUp = (clientId: string): Promise<void> => {
    remove(clientId)
    const dropped = (dropping.get(clientId) ?? Promise.resolve())
      .then(() => drop(clientId))
      .then(() => db.del<string>(ownerKey(clientId), ENCODING))
      .finally(() => {
        if (dropping.get(clientId) === dropped) dropping.delete(clientId)
      })
    dropping.set(clientId, dropped)
    return dropped
  }

  const isExpired = ({ awaySince }: Entry): boolean =>
    awaySince !== null && now() - awaySince >= sessionExpiryMs

  const sweep = (): void => {
    for (const [clientId, entry] of entries) {
      if (!isExpired(entry)) continue
      onLimit('sessionExpiryMs', clientId)
      giveUp(clientId).catch(onError)
    }
  }

  /** Gives up sessions whose client is away, of `owner` or, undefined, of anybody, until there are few enough. */
  const evict = (
    limit: 'maxSessions' | 'maxSessionsPerOwner',
    areFew: () => boolean,
    owner?: string,
  ): void => {
    if (areFew()) return
    for (const [clientId, entry] of entries) {
      if (entry.awaySince === null || (owner !== undefined && entry.owner !== owner)) continue
      onLimit(limit, clientId)
      giveUp(clientId).catch(onError)
      if (areFew()) return
    }
  }

  const areFew = (): boolean => entries.size <= maxSessions

  const boundOwner = (owner: string): void => {
    if (owner === '') return
    evict('maxSessionsPerOwner', () => (ownedBy.get(owner) ?? 0) <= maxSessionsPerOwner, owner)
  }

  const makeRoomFor = (owner: string): void => {
    boundOwner(owner)
    evict('maxSessions', areFew, owner)
    if (owner !== '') evict('maxSessions', areFew)
  }

  const left = (client: Client, clientId: string): void => {
    const entry = entries.get(clientId)
    if (entry?.client !== client) return
    write(clientId, { owner: entry.owner, awaySince: now(), client: undefined, isResumed: false }).catch(
      onError,
    )
    makeRoomFor(entry.owner)
  }

  const keep = async (client: Client, owner: string): Promise<void> => {
    const { id } = client
    const before = entries.get(id)
    // What belongs to another and cannot be removed is given to nobody.
    if (before !== undefined && before.owner !== owner) await giveUp(id)
    else if (before !== undefined && isExpired(before)) await giveUp(id).catch(onError)
    else await dropping.get(id)
    if (client.closed) return
    client.conn.once('close', () => left(client, id))
    // A full disk keeps no client away. What stays in the store without an owner is given to nobody with a name.
    const isResumed = entries.has(id)
    await write(id, { owner, awaySince: null, client, isResumed }).catch(onError)
    makeRoomFor(owner)
  }

  return {
    load: async (others) => {
      const awaySince = now()
      for await (const [key, kept] of db.iterator<string, Kept>({ ...ALL_OWNERS, ...ENCODING })) {
        entries.set(clientIdIn(key), {
          owner: kept.owner,
          awaySince: kept.awaySince ?? awaySince,
          client: undefined,
          isResumed: false,
        })
      }
      const byLeaving = [...entries].sort(([, a], [, b]) => (a.awaySince ?? 0) - (b.awaySince ?? 0))
      entries.clear()
      for (const [clientId, entry] of byLeaving) add(clientId, entry)
      for (const clientId of others) {
        if (!entries.has(clientId))
          add(clientId, { owner: '', awaySince, client: undefined, isResumed: false })
      }
      for (const owner of [...ownedBy.keys()]) boundOwner(owner)
      evict('maxSessions', areFew, '')
      evict('maxSessions', areFew)
      sweep()
      sweeping = setInterval(sweep, Math.min(Math.max(sessionExpiryMs / 10, MIN_SWEEP_MS), MAX_SWEEP_MS))
      sweeping.unref()
    },
    takeUp: (client, owner) => {
      if (!client.clean) return keep(client, owner)
      return entries.has(client.id) ? giveUp(client.id).catch(onError) : dropping.get(client.id)
    },
    ownerOf: (clientId) => {
      const entry = entries.get(clientId)
      return entry === undefined || isExpired(entry) ? undefined : entry.owner
    },
    isResumed: (clientId) => entries.get(clientId)?.isResumed ?? false,
    owners: async () => [...ownedBy.keys()].filter((owner) => owner !== ''),
    dropOwner: (owner, onDropped) => {
      for (const [clientId, entry] of entries) {
        if (entry.owner !== owner) continue
        onDropped(clientId)
        giveUp(clientId).catch(onError)
      }
    },
    get size() {
      return entries.size
    },
    stop: async () => {
      clearInterval(sweeping)
      await Promise.allSettled([...dropping.values()])
    },
  }
}
