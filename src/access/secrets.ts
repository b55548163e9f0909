/**
 * Secrets of devices and users: made here, shown once, kept as a scrypt hash only.
 *
 * A secret is 128 random bits, so nobody finds it by guessing, however fast a hash is; the cost of scrypt is a second
 * line. It is kept low enough (4 MiB, about 10 ms) for thousands of boards that connect after a restart.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const SECRET_BYTES = 16
const SALT_BYTES = 16
const HASH_BYTES = 32
const COST = { N: 4096, r: 8, p: 1 } as const
/** What a stored hash may ask for at most: the memory is 128 × N × r bytes. */
const MOST_BYTES = 64 * 1024 * 1024

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** A new secret: 32 hexadecimal digits, safe in any file, header and shell. */
export const makeSecret = (): string => randomBytes(SECRET_BYTES).toString('hex')

/** `scrypt$N$r$p$salt$hash`; another one at each call. */
export const hashSecret = async (secret: string): Promise<string> => {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(secret, salt, HASH_BYTES, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/** Whether the hash is one of this secret. False also for a hash that is none of ours. Takes a thread about 10 ms. */
export const isSecretOf = async (secret: string, secretHash: string): Promise<boolean> => {
  const [kind, N, r, p, salt, hash] = secretHash.split('$')
  if (kind !== 'scrypt' || salt === undefined || hash === undefined) return false
  const expected = Buffer.from(hash, 'base64url')
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  if (expected.length !== HASH_BYTES || !(128 * cost.N * cost.r < MOST_BYTES)) return false
  const found = await derive(secret, Buffer.from(salt, 'base64url'), HASH_BYTES, {
    ...cost,
    maxmem: MOST_BYTES,
  })
  return timingSafeEqual(found, expected)
}
