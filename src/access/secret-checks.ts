/**
 * Whether a secret fits a stored hash, each pair hashed once. What was found is kept by a key that only this
 * process can make (an HMAC with a random key): no secret is kept. The stored hash is part of the key, so a new
 * secret needs nothing to be forgotten, and what was found stays true for ever.
 *
 * Few hashes run at once, since each takes a thread (that the disk needs too) for about 10 ms; those that came at
 * the same time with the same pair share one, and of the others a bounded number waits. Addresses take turns: one
 * that sends guess after guess holds up nobody but itself.
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

/** `busy`: too many wait, or the hash could not be made; it may be asked again. */
export type SecretVerdict = 'fits' | 'wrong' | 'busy'

export interface SecretCheck {
  readonly name: string
  readonly secret: string
  readonly secretHash: string
  /** Where it came from; those of which it is not known share their turns. */
  readonly address?: string | undefined
}

export interface SecretChecks {
  /** Never rejects. */
  check(pair: SecretCheck): Promise<SecretVerdict>
  stats(): SecretCheckStats
}

const KEY_BYTES = 32

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
  const running = new Map<string, Promise<SecretVerdict>>()
  const gate = createGate({ atOnce: hashesAtOnce, maxWaiting, maxWaitingPerLane: maxWaitingPerNetwork })
  let hashed = 0
  let remembered = 0

  /** No name and no stored hash holds a NUL, so no two pairs read the same. */
  const keyOf = ({ name, secret, secretHash }: SecretCheck): string =>
    createHmac('sha256', processKey).update(`${name}\0${secretHash}\0`).update(secret).digest('base64')

  const settle = async (key: string, hashing: Promise<boolean>): Promise<SecretVerdict> => {
    try {
      const fits = await hashing
      ;(fits ? fitting : wrong).set(key, true)
      return fits ? 'fits' : 'wrong'
    } catch {
      return 'busy'
    } finally {
      running.delete(key)
    }
  }

  const hash = (key: string, pair: SecretCheck): SecretVerdict | Promise<SecretVerdict> => {
    const { secret, secretHash, address } = pair
    const hashing = gate.run(() => {
      hashed += 1
      return verify(secret, secretHash)
    }, networkOf(address))
    if (hashing === undefined) return 'busy'
    const verdict = settle(key, hashing)
    running.set(key, verdict)
    return verdict
  }

  const check = async (pair: SecretCheck): Promise<SecretVerdict> => {
    const key = keyOf(pair)
    const known = fitting.get(key) ? 'fits' : wrong.get(key) ? 'wrong' : undefined
    if (known !== undefined) remembered += 1
    return known ?? running.get(key) ?? hash(key, pair)
  }

  return { check, stats: () => ({ hashed, remembered, waiting: gate.waiting }) }
}
