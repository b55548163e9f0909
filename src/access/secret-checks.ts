/**
 * Whether a secret fits a stored hash, each pair hashed once. What was found is kept by a key that only this
 * process can make (an HMAC with a random key): no secret is kept. The stored hash is part of the key, so a new
 * secret needs nothing to be forgotten, and what was found stays true for ever.
 *
 * Few hashes run at once, since each takes a thread (that the disk needs too) for about 10 ms; those that came at
 * the same time with the same pair share one, and of the others a bounded number waits. Addresses take turns: one
 * that sends guess after guess holds up nobody but itself. A hash that nobody waits for any more is not made.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { networkOf } from '../network.ts'
import { createGate } from './gate.ts'
import { isSecretOf } from './secrets.ts'

export interface SecretCheckOptions {
  /** Hashes that run at once. Default 2. */
  readonly hashesAtOnce?: number
  /** Pairs that wait for one. Default 5,000. */
  readonly maxWaiting?: number
  /** Of these, of one network. Default 1,000. */
  readonly maxWaitingPerNetwork?: number
  /** Pairs remembered that fit, and as many that do not. Default 20,000. */
  readonly maxPairs?: number
}

export interface SecretCheckStats {
  /** Hashes made. */
  readonly hashed: number
  /** Pairs that were known. */
  readonly remembered: number
  /** Hashes that wait for their turn now. */
  readonly waiting: number
}

/** `busy`: too many wait, or the hash could not be made; it may be asked again. `gone`: whoever asked hung up. */
export type SecretVerdict = 'fits' | 'wrong' | 'busy' | 'gone'

export interface SecretCheck {
  readonly name: string
  readonly secret: string
  readonly secretHash: string
  /** Where it came from; those of which it is not known share their turns. */
  readonly address?: string | undefined
  /** Aborted when whoever asks has hung up. */
  readonly signal?: AbortSignal | undefined
}

export interface SecretChecks {
  /** Never rejects. */
  check(pair: SecretCheck): Promise<SecretVerdict>
  stats(): SecretCheckStats
}

const KEY_BYTES = 32

/** A hash that several may wait for; it is given up when all of them have hung up. */
interface Hashing {
  readonly verdict: Promise<SecretVerdict>
  readonly waiters: Waiters
}

interface Waiters {
  /** Aborted once there were some, and all have gone. */
  readonly allGone: AbortSignal
  add(signal: AbortSignal | undefined): void
}

const createWaiters = (): Waiters => {
  const controller = new AbortController()
  let count = 0
  const leave = (): void => {
    count -= 1
    if (count === 0) controller.abort()
  }
  return {
    allGone: controller.signal,
    add: (signal) => {
      count += 1
      signal?.addEventListener('abort', leave, { once: true })
    },
  }
}

export const createSecretChecks = (
  { verify = isSecretOf }: { readonly verify?: typeof isSecretOf },
  {
    hashesAtOnce = 2,
    maxWaiting = 5_000,
    maxWaitingPerNetwork = 1_000,
    maxPairs = 20_000,
  }: SecretCheckOptions = {},
): SecretChecks => {
  const processKey = randomBytes(KEY_BYTES)
  // Apart, so that guesses push out none that fits.
  const fitting = new LRUCache<string, true>({ max: maxPairs })
  const wrong = new LRUCache<string, true>({ max: maxPairs })
  const running = new Map<string, Hashing>()
  const gate = createGate({ atOnce: hashesAtOnce, maxWaiting, maxWaitingPerLane: maxWaitingPerNetwork })
  let hashed = 0
  let remembered = 0

  /** No name and no stored hash holds a NUL, so no two pairs read the same. */
  const keyOf = ({ name, secret, secretHash }: SecretCheck): string =>
    createHmac('sha256', processKey).update(`${name}\0${secretHash}\0`).update(secret).digest('base64')

  const settle = async (key: string, hashed: Promise<boolean>, waiters: Waiters): Promise<SecretVerdict> => {
    try {
      const fits = await hashed
      ;(fits ? fitting : wrong).set(key, true)
      return fits ? 'fits' : 'wrong'
    } catch {
      return waiters.allGone.aborted ? 'gone' : 'busy'
    } finally {
      running.delete(key)
    }
  }

  const begin = (key: string, { secret, secretHash, address }: SecretCheck): Hashing | undefined => {
    const waiters = createWaiters()
    const work = (): Promise<boolean> => {
      hashed += 1
      return verify(secret, secretHash)
    }
    const fits = gate.run(work, networkOf(address), waiters.allGone)
    if (fits === undefined) return undefined
    const hashing = { verdict: settle(key, fits, waiters), waiters }
    running.set(key, hashing)
    return hashing
  }

  const known = (key: string): SecretVerdict | undefined => {
    const verdict = fitting.get(key) ? 'fits' : wrong.get(key) ? 'wrong' : undefined
    if (verdict !== undefined) remembered += 1
    return verdict
  }

  const check = async (pair: SecretCheck): Promise<SecretVerdict> => {
    const { signal } = pair
    const key = keyOf(pair)
    for (;;) {
      if (signal?.aborted) return 'gone'
      const remembered = known(key)
      if (remembered !== undefined) return remembered
      const hashing = running.get(key) ?? begin(key, pair)
      if (hashing === undefined) return 'busy'
      hashing.waiters.add(signal)
      const verdict = await hashing.verdict
      // Given up by the others just before this one came.
      if (verdict !== 'gone') return verdict
    }
  }

  return { check, stats: () => ({ hashed, remembered, waiting: gate.waiting }) }
}
