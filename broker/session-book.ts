/**
 * Whose each kept session is, and since when its client is away. A session is given up when somebody else is admitted
 * with its client id, when its client is away for too long, and when there are too many: the one away longest goes first.
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
  ownerOf(clientId: string): string | undefined
  /** Whether the client that has this session now came back to it [MQTT-3.2.2-2]. */
  isResumed(clientId: string): boolean
  /** Sessions there are, connected or not. */
  readonly size: number
  stop(): void
}

/** A book in the database of the sessions. */
export const createSessionBook = (
  { db, drop, now, onError, onLimit }: SessionBookDeps,
  { maxSessions, sessionExpiryMs }: Pick<BrokerOptions, 'maxSessions' | 'sessionExpiryMs'>,
): SessionBook => {
  // Those away in the order in which they left, as each is put at the end when it does.
  const entries = new Map<string, Entry>()
  const dropping = new Map<string, Promise<void>>()
  let sweeping: NodeJS.Timeout | undefined

  const write = (clientId: string, entry: Entry): Promise<void> => {
    entries.delete(clientId)
    entries.set(clientId, entry)
    const { owner, awaySince } = entry
    return db.put<string, Kept>(ownerKey(clientId), { owner, awaySince }, ENCODING)
  }

  const giveUp = (clientId: string): Promise<void> => {
    entries.delete(clientId)
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

  const makeRoom = (): void => {
    for (const [clientId, { awaySince }] of entries) {
      if (entries.size <= maxSessions) return
      if (awaySince === null) continue
      onLimit('maxSessions', clientId)
      giveUp(clientId).catch(onError)
    }
  }

  const left = (client: Client, clientId: string): void => {
    const entry = entries.get(clientId)
    if (entry?.client !== client) return
    write(clientId, { owner: entry.owner, awaySince: now(), client: undefined, isResumed: false }).catch(
      onError,
    )
    makeRoom()
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
    makeRoom()
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
      for (const [clientId, entry] of byLeaving) entries.set(clientId, entry)
      for (const clientId of others) {
        if (!entries.has(clientId))
          entries.set(clientId, { owner: '', awaySince, client: undefined, isResumed: false })
      }
      makeRoom()
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
    get size() {
      return entries.size
    },
    stop: () => clearInterval(sweeping),
  }
}
