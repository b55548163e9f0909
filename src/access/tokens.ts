/**
 * Short-lived signed tokens (JWT, HS256): who has one needs no secret for a while. A token is bound to the secret
 * its owner had when it was issued, by a digest of the stored hash, and each use looks at the credential: it ends
 * with its time, and at once when the owner is revoked, removed or given another secret.
 */
import { createHash } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { type Clock, type Credential, type Identity, parseDeviceId } from '../../bridge/index.ts'
import type { CredentialCache } from './credential-cache.ts'
import { type Identities, isGood } from './identities.ts'
import { BAD_CREDENTIALS, type Login, UNAVAILABLE } from './login.ts'

export interface TokensDeps {
  readonly credentials: Pick<CredentialCache, 'find'>
  readonly identities: Pick<Identities, 'of' | 'isCurrent'>
  /** 32 secret bytes. */
  readonly key: () => Promise<Uint8Array>
  readonly clock: Clock
}

export interface TokensOptions {
  /** Default 15 minutes, at most an hour. */
  readonly ttlMs?: number
}

export interface IssuedToken {
  /** Secret. */
  readonly token: string
  /** Epoch ms. */
  readonly expiresAt: number
}

export interface Tokens {
  /**
   * A token for someone who logged in. One got by a token ends with it: it cannot be prolonged for ever. Undefined:
   * this identity has no credential of its own, or no longer. Throws STORE_UNAVAILABLE.
   */
  issue(identity: Identity): Promise<IssuedToken | undefined>
  /** Who it is for. Never rejects. */
  verify(token: string): Promise<Login>
}

const ISSUER = 'sluice'
const ALGORITHM = 'HS256'
const MOST_TTL_MS = 3_600_000
const DEFAULT_TTL_MS = 900_000
/** Ours have about 300 characters. */
const MAX_LENGTH = 2_048
const SHAPE = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/

/** Whether a password is meant as a token. No secret of ours looks like one. */
export const isTokenLike = (text: string): boolean => text.length <= MAX_LENGTH && SHAPE.test(text)

const digestOf = ({ secretHash }: Credential): string =>
  createHash('sha256').update(secretHash).digest('base64url').slice(0, 22)

const inSeconds = (ms: number): number => Math.floor(ms / 1_000)

export const createTokens = (
  { credentials, identities, key, clock }: TokensDeps,
  options: TokensOptions = {},
): Tokens => {
  const ttlMs = Math.min(options.ttlMs ?? DEFAULT_TTL_MS, MOST_TTL_MS)

  const issue = async (identity: Identity): Promise<IssuedToken | undefined> => {
    const credential = identity.name === '' ? undefined : await credentials.find(identity.name)
    if (!isGood(credential) || !(await identities.isCurrent(identity))) return undefined
    const now = clock()
    const expires = inSeconds(Math.min(now + ttlMs, identity.expiresAt ?? Number.POSITIVE_INFINITY))
    const token = await new SignJWT({ cred: digestOf(credential) })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setSubject(credential.name)
      .setIssuedAt(inSeconds(now))
      .setExpirationTime(expires)
      .sign(await key())
    return { token, expiresAt: expires * 1_000 }
  }

  /** What a token says that we have signed and whose time is not over. */
  const read = async (token: string) => {
    if (!isTokenLike(token)) return undefined
    const secret = await key()
    try {
      const { payload } = await jwtVerify(token, secret, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        requiredClaims: ['sub', 'exp', 'iat'],
        currentDate: new Date(clock()),
      })
      const name = parseDeviceId(payload.sub)
      return name === undefined ? undefined : { name, expires: payload.exp ?? 0, digest: payload.cred }
    } catch {
      return undefined
    }
  }

  const verify = async (token: string): Promise<Login> => {
    const claims = await read(token)
    if (claims === undefined) return BAD_CREDENTIALS
    try {
      const credential = await credentials.find(claims.name)
      if (!isGood(credential) || digestOf(credential) !== claims.digest) return BAD_CREDENTIALS
      return { ok: true, identity: identities.of(credential, claims.expires * 1_000) }
    } catch {
      return UNAVAILABLE
    }
  }

  return { issue, verify }
}
