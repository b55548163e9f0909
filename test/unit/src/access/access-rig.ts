/** Access control over credentials in memory, with a hash that costs nothing: `of:` and the secret. */
import type { CredentialRole } from '../../../../bridge/index.ts'
import { BridgeError, createMemoryCredentials } from '../../../../bridge/index.ts'
import { createAuthenticator } from '../../../../src/access/authenticator.ts'
import { createCredentialCache } from '../../../../src/access/credential-cache.ts'
import { createIdentities } from '../../../../src/access/identities.ts'
import { createSecretChecks } from '../../../../src/access/secret-checks.ts'
import { createTokens, type TokensOptions } from '../../../../src/access/tokens.ts'

const KEY = new Uint8Array(32).fill(7)

export const accessRig = (options: TokensOptions = {}) => {
  const state = {
    now: Date.UTC(2026, 0, 1),
    /** The store does not answer. */
    away: false,
    /** Awaited by each hash. */
    hold: undefined as Promise<void> | undefined,
    hashed: [] as string[],
  }
  const clock = (): number => state.now
  const store = createMemoryCredentials({ clock })
  const get: typeof store.get = async (name) => {
    if (state.away) throw new BridgeError('STORE_UNAVAILABLE', 'away')
    return store.get(name)
  }
  const verify = async (secret: string, secretHash: string): Promise<boolean> => {
    state.hashed.push(secretHash)
    await state.hold
    return secretHash === `of:${secret}`
  }
  const credentials = createCredentialCache({ credentials: { get }, clock }, { restMs: 0 })
  const identities = createIdentities({ credentials, clock })
  const tokens = createTokens({ credentials, identities, key: async () => KEY, clock }, options)
  const checks = createSecretChecks({ verify })
  const authenticator = createAuthenticator({ credentials, identities, checks, tokens })
  const add = (name: string, role: CredentialRole = 'device'): Promise<boolean> =>
    store.add({ name, role, secretHash: `of:${name}-secret` })
  return { state, store, credentials, identities, tokens, authenticator, add, key: KEY }
}

export type AccessRig = ReturnType<typeof accessRig>

/** Logs in with the secret that `add` gave. */
export const loggedIn = async ({ authenticator }: AccessRig, name: string) => {
  const login = await authenticator.login({ name, secret: `${name}-secret` })
  if (!login.ok) throw new Error(login.reason)
  return login.identity
}
