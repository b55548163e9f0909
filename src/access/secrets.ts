/**
 * Secrets of devices and users: made here, shown once, kept as hashes only: scrypt for Sluice itself, and
 * one that a Mosquitto can be handed.
 *
 * A secret is 128 random bits, so nobody finds it by guessing, however fast a hash is; the cost of scrypt is a second
 * line. It is kept low enough (4 MiB, about 10 ms) for thousands of boards that connect after a restart.
 */
import { pbkdf2, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { errorCode } from '../error-code.ts'

const SECRET_BYTES = 16
const SALT_BYTES = 16
const HASH_BYTES = 32
const COST = { N: 4096, r: 8, p: 1 } as const
/** Node's codes for an N, r or p that scrypt does not know. */
const BAD_COST: ReadonlySet<string | undefined> = new Set([
  'ERR_CRYPTO_INVALID_SCRYPT_PARAMS',
  'ERR_OUT_OF_RANGE',
])
/** What a stored hash may ask for at most: the memory is 128 × N × r bytes. */
const MOST_BYTES = 64 * 1024 * 1024

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** A new secret: 32 hexadecimal digits, safe in any file, header and shell. */
export const makeSecret = (): string => randomBytes(SECRET_BYTES).toString('hex')

const stored = (salt: Buffer, hash: Buffer): string =>
  ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$')

/** `scrypt$N$r$p$salt$hash`; another one at each call. */
export const hashSecret = async (secret: string): Promise<string> => {
  const salt = randomBytes(SALT_BYTES)
  return stored(salt, await derive(secret, salt, HASH_BYTES, COST))
}

const deriveForMosquitto = promisify(pbkdf2)

/**
 * Mosquitto 2 (`$7$`): PBKDF2 with SHA-512, a salt of 12 bytes (2.0 takes no other) and a hash of 64. 101 iterations
 * are what mosquitto_passwd takes by itself: nobody finds 128 random bits by guessing, whatever a guess costs, and
 * Mosquitto hashes at each CONNECT in the one thread that also passes messages on.
 */
const MOSQUITTO = { iterations: 101, saltBytes: 12, hashBytes: 64 } as const

/** `$7$iterations$salt$hash`, as in a password file of Mosquitto; another one at each call. */
export const hashForMosquitto = async (secret: string): Promise<string> => {
  const { iterations, saltBytes, hashBytes } = MOSQUITTO
  const salt = randomBytes(saltBytes)
  const hash = await deriveForMosquitto(secret, salt, iterations, hashBytes, 'sha512')
  return ['', '7', iterations, salt.toString('base64'), hash.toString('base64')].join('$')
}

export interface NewSecret {
  /** Secret; shown once. */
  readonly secret: string
  /** Of it, to be kept. */
  readonly secretHash: string
  readonly mosquittoHash: string
}

/** A new secret, and all that is kept of it. */
export const newSecret = async (): Promise<NewSecret> => {
  const secret = makeSecret()
  const [secretHash, mosquittoHash] = await Promise.all([hashSecret(secret), hashForMosquitto(secret)])
  return { secret, secretHash, mosquittoHash }
}

/** A hash that fits no secret anyone knows, and takes as long to check as any other. */
export const makeDummyHash = (): string => stored(randomBytes(SALT_BYTES), randomBytes(HASH_BYTES))

/** Whether the hash is one of this secret. False also for a hash that is none of ours. Takes a thread about 10 ms. */
export const isSecretOf = async (secret: string, secretHash: string): Promise<boolean> => {
  const [kind, N, r, p, salt, hash] = secretHash.split('$')
  if (kind !== 'scrypt' || salt === undefined || hash === undefined) return false
  const expected = Buffer.from(hash, 'base64url')
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  if (expected.length !== HASH_BYTES || !(128 * cost.N * cost.r < MOST_BYTES)) return false
  try {
    const options = { ...cost, maxmem: MOST_BYTES }
    return timingSafeEqual(
      await derive(secret, Buffer.from(salt, 'base64url'), HASH_BYTES, options),
      expected,
    )
  } catch (error) {
    if (BAD_COST.has(errorCode(error))) return false
    throw error
  }
}
