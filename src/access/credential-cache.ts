/**
 * Credentials by name, in memory. What is known is believed for `ttlMs`, unless it is forgotten before: whoever
 * changes a credential is heard of at once, so the time only bounds what was never heard.
 *
 * When the store does not answer, a credential that was found there before goes on counting for `staleMs`: a fleet
 * is not locked out because Postgres is away. That a name has none counts for `ttlMs` only, and not while the store
 * is away. A store that did not answer is left alone for `restMs`, and then asked by one at a time until it answers:
 * a storm does not wait for it.
 */
import { LRUCache } from 'lru-cache'
import { BridgeError, type Clock, type Credential, type CredentialStore } from '../../bridge/index.ts'
import { createGate } from './gate.ts'

export interface CredentialCacheOptions {
  /** Names with a credential, and as many without; over that the one longest unused goes. Default 20,000. */
  readonly maxNames?: number
  /** Default 5 minutes. */
  readonly ttlMs?: number
  /** Default 24 hours. */
  readonly staleMs?: number
  /** How long an answer of the store is waited for. Default 3,000. */
  readonly timeoutMs?: number
  /** Default 1,000. */
  readonly restMs?: number
}

export interface CredentialCacheStats {
  readonly hits: number
  readonly misses: number
  /** Answered with what was known before, the store being away. */
  readonly stale: number
  readonly size: number
}

export interface CredentialCache {
  /** Also a revoked one; undefined: there is none of this name. Throws STORE_UNAVAILABLE. */
  find(name: string): Promise<Credential | undefined>
  /** Something is known to have changed: of this name, or (undefined) perhaps of any. */
  forget(name: string | undefined): void
  stats(): CredentialCacheStats
}

interface Found {
  /** Undefined: there is none of this name. */
  readonly credential: Credential | undefined
}

interface Entry extends Found {
  /** Epoch ms. */
  readonly at: number
  readonly round: number
}

/** The store's pool serves others too. */
const LOADS_AT_ONCE = 4
const MAX_WAITING = 20_000

const away = (detail: string): BridgeError =>
  new BridgeError('STORE_UNAVAILABLE', `The credentials cannot be read: ${detail}`)

/** An empty cache over this store. */
export const createCredentialCache = (
  { credentials, clock }: { readonly credentials: Pick<CredentialStore, 'get'>; readonly clock: Clock },
  options: CredentialCacheOptions = {},
): CredentialCache => {
  const {
    maxNames = 20_000,
    ttlMs = 300_000,
    staleMs = 86_400_000,
    timeoutMs = 3_000,
    restMs = 1_000,
  } = options
  // Apart, so that made-up names push none out that is real.
  const known = new LRUCache<string, Entry>({ max: maxNames })
  const unknown = new LRUCache<string, Entry>({ max: maxNames })
  const loads = new Map<string, Promise<Found | undefined>>()
  const gate = createGate({ atOnce: LOADS_AT_ONCE, maxWaiting: MAX_WAITING })
  /** Entries of an earlier round may have changed since. */
  let round = 0
  let failedAt: number | undefined
  let probing = false
  let hits = 0
  let misses = 0
  let stale = 0

  // A clock that was set back makes nothing young.
  const isYounger = (at: number, ms: number): boolean => clock() >= at && clock() - at < ms
  const isFresh = (entry: Entry): boolean => entry.round === round && isYounger(entry.at, ttlMs)

  /** Then one at a time finds out whether it is back. */
  const isResting = (): boolean => failedAt !== undefined && (probing || isYounger(failedAt, restMs))

  const keep = (name: string, credential: Credential | undefined): void => {
    const [into, other] = credential === undefined ? [unknown, known] : [known, unknown]
    into.set(name, { credential, at: clock(), round })
    other.delete(name)
  }

  const inTime = async <T>(promise: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(away(`no answer within ${timeoutMs} ms`)), timeoutMs)
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      clearTimeout(timer)
    }
  }

  const ask = async (name: string): Promise<Credential | undefined> => {
    if (isResting()) throw away('it was away just now')
    const isProbe = failedAt !== undefined
    probing ||= isProbe
    try {
      const credential = await inTime(credentials.get(name))
      failedAt = undefined
      return credential
    } catch (error) {
      failedAt = clock()
      throw error
    } finally {
      if (isProbe) probing = false
    }
  }

  /** Undefined: it was forgotten while it was on its way, and may have been read before the change. */
  const load = (name: string): Promise<Found | undefined> => {
    const asked = gate.run(() => ask(name)) ?? Promise.reject(away('too many wait for it'))
    const settle = (): boolean => loads.get(name) === loading && loads.delete(name)
    const loading = asked.then(
      (credential) => {
        if (!settle()) return undefined
        keep(name, credential)
        return { credential }
      },
      (error: unknown) => {
        settle()
        throw error
      },
    )
    loads.set(name, loading)
    return loading
  }

  const loadCurrent = async (name: string): Promise<Credential | undefined> => {
    for (;;) {
      const found = await (loads.get(name) ?? load(name))
      if (found !== undefined) return found.credential
    }
  }

  /** What was known before, the store being away. */
  const fallBack = (name: string, error: unknown): Credential => {
    const entry = known.get(name)
    if (entry?.credential === undefined || !isYounger(entry.at, staleMs)) throw error
    stale += 1
    return entry.credential
  }

  const find = async (name: string): Promise<Credential | undefined> => {
    const entry = known.get(name) ?? unknown.get(name)
    if (entry !== undefined && isFresh(entry)) {
      hits += 1
      return entry.credential
    }
    misses += 1
    if (isResting()) return fallBack(name, away('it was away just now'))
    try {
      return await loadCurrent(name)
    } catch (error) {
      return fallBack(name, error)
    }
  }

  const forget = (name: string | undefined): void => {
    failedAt = undefined
    if (name !== undefined) {
      known.delete(name)
      unknown.delete(name)
      loads.delete(name)
      return
    }
    round += 1
    unknown.clear()
    loads.clear()
  }

  return { find, forget, stats: () => ({ hits, misses, stale, size: known.size + unknown.size }) }
}
