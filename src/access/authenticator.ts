/**
 * Who somebody is: by name and secret, by a token, or by the name in a certificate that our CA signed.
 *
 * A name that is unknown costs what a known one costs (a hash of the same kind), and both are answered alike:
 * neither the answer nor its time tells which names there are. With Postgres away, a credential that was found
 * there in the last 24 hours goes on counting (credential-cache.ts); whoever else comes is told to come later.
 */
import { type Identity, parseDeviceId } from '../../bridge/index.ts'
import type { CredentialCache, CredentialCacheStats } from './credential-cache.ts'
import { type Identities, isGood } from './identities.ts'
import { BAD_CREDENTIALS, BUSY, GONE, type Login, UNAVAILABLE } from './login.ts'
import type { SecretCheckStats, SecretChecks } from './secret-checks.ts'
import { makeDummyHash } from './secrets.ts'
import { isTokenLike, type Tokens } from './tokens.ts'

export interface AuthenticatorDeps {
  readonly credentials: CredentialCache
  readonly identities: Identities
  readonly checks: SecretChecks
  /** Undefined: a token is a wrong secret. */
  readonly tokens?: Pick<Tokens, 'verify'>
}

/** Counts since the start, but for `waiting` and what the cache holds. */
export interface AuthenticatorStats extends SecretCheckStats {
  readonly accepted: number
  readonly badCredentials: number
  readonly busy: number
  readonly unavailable: number
  /** Hung up before it was their turn. */
  readonly gone: number
  readonly cache: CredentialCacheStats
}

export interface Claim {
  readonly name: string
  readonly secret: string
  /** Where it came from: each network has turns of its own (secret-checks.ts). */
  readonly address?: string | undefined
  /** Aborted when it has hung up: its login waits no longer, and is answered `busy`. */
  readonly signal?: AbortSignal | undefined
}

export interface Authenticator {
  /** The secret may be a token of this name. Never rejects. */
  login(claim: Claim): Promise<Login>
  /** By a token alone (`Authorization: Bearer`). Never rejects. */
  loginByToken(token: string): Promise<Login>
  /** A device whose name stands in a certificate that our CA signed. Never rejects. */
  loginByCertificate(name: string): Promise<Login>
  /** Whether a device of this name has a credential, be it revoked. Throws STORE_UNAVAILABLE. */
  isDevice(name: string): Promise<boolean>
  /** Whether it would still be let in (identities.ts). Never rejects. */
  isCurrent(identity: Identity): Promise<boolean>
  /** The credential of this name has changed; undefined: any may have. */
  forget(name: string | undefined): void
  stats(): AuthenticatorStats
}

/** In UTF-16 units; ours have 32. */
const MAX_SECRET_LENGTH = 1_024

export const createAuthenticator = (deps: AuthenticatorDeps): Authenticator => {
  const { credentials, identities, checks, tokens } = deps
  const dummyHash = makeDummyHash()
  const counts = { accepted: 0, badCredentials: 0, busy: 0, unavailable: 0, gone: 0 }

  const bySecret = async ({ name, secret, address, signal }: Claim): Promise<Login> => {
    const before = await credentials.find(name)
    const secretHash = before?.secretHash ?? dummyHash
    const verdict = await checks.check({ name, secret, address, signal, secretHash })
    if (verdict === 'gone') return GONE
    if (verdict === 'busy') return BUSY
    // Asked again: it may have been revoked during the hash. Nearly always still in the cache.
    const now = await credentials.find(name)
    if (verdict === 'wrong' || !isGood(now) || now.secretHash !== before?.secretHash) return BAD_CREDENTIALS
    return { ok: true, identity: identities.of(now) }
  }

  const byToken = async (token: string, name?: string): Promise<Login> => {
    const login = (await tokens?.verify(token)) ?? BAD_CREDENTIALS
    return login.ok && name !== undefined && login.identity.name !== name ? BAD_CREDENTIALS : login
  }

  const byCertificate = async (name: string): Promise<Login> => {
    const credential = parseDeviceId(name) && (await credentials.find(name))
    if (!isGood(credential) || credential.role !== 'device') return BAD_CREDENTIALS
    return { ok: true, identity: identities.of(credential) }
  }

  /** Counts the answer; what is thrown on the way is a store that does not answer. */
  const answer = async (asked: Promise<Login>): Promise<Login> => {
    const login = await asked.catch(() => UNAVAILABLE)
    if (login.ok) counts.accepted += 1
    else if (login.reason === 'bad-credentials') counts.badCredentials += 1
    else counts[login === GONE ? 'gone' : login.reason] += 1
    return login
  }

  const login = async (claim: Claim): Promise<Login> => {
    const { name, secret } = claim
    // No credential has such a name: nothing is told by an answer at once.
    if (parseDeviceId(name) === undefined) return BAD_CREDENTIALS
    if (isTokenLike(secret)) return byToken(secret, name)
    return secret.length > MAX_SECRET_LENGTH ? BAD_CREDENTIALS : bySecret(claim)
  }

  return {
    login: (claim) => answer(login(claim)),
    loginByToken: (token) => answer(byToken(token)),
    loginByCertificate: (name) => answer(byCertificate(name)),
    isDevice: async (name) =>
      parseDeviceId(name) !== undefined && (await credentials.find(name))?.role === 'device',
    isCurrent: identities.isCurrent,
    forget: credentials.forget,
    stats: () => ({ ...counts, ...checks.stats(), cache: credentials.stats() }),
  }
}
