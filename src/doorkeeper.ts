/**
 * The facade's doorkeeper over whoever checks secrets and tokens. It remembers who a login was for a short while, so
 * that a board that polls seven times a second is known without a wait; of a login only a digest is kept.
 */
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Identity } from '../bridge/index.ts'
import type { Doorkeeper, Identified, Login, Token } from './facade/index.ts'

export interface DoorkeeperDeps {
  /** None of both rejects. */
  readonly authenticator: {
    login(claim: {
      readonly name: string
      readonly secret: string
      readonly address?: string | undefined
      readonly signal?: AbortSignal | undefined
    }): Promise<Identified>
    loginByToken(token: string): Promise<Identified>
  }
  readonly tokens: { issue(identity: Identity): Promise<Token | undefined> }
}

export interface DoorkeeperOptions {
  readonly anonymous: boolean
  /** Logins remembered; the one unused for longest makes room. */
  readonly maxKnown?: number
  readonly knownForMs?: number
}

export interface RememberingDoorkeeper extends Doorkeeper {
  /** Credentials have changed: nobody is remembered. */
  forget(): void
}

/** No two logins have the same text. */
const keyOf = (login: Login): string => {
  const said = login.kind === 'token' ? [login.token] : [login.name, login.secret]
  return createHash('sha256').update(JSON.stringify(said)).digest('base64')
}

export const createDoorkeeper = (
  { authenticator, tokens }: DoorkeeperDeps,
  { anonymous, maxKnown = 10_000, knownForMs = 60_000 }: DoorkeeperOptions,
): RememberingDoorkeeper => {
  const known = new LRUCache<string, Identity>({ max: maxKnown, ttl: knownForMs })
  let changes = 0

  return {
    identify: async (login, address, signal) => {
      const before = changes
      const found =
        login.kind === 'token'
          ? await authenticator.loginByToken(login.token)
          : await authenticator.login({ name: login.name, secret: login.secret, address, signal })
      // What changed meanwhile may have been this.
      if (found.ok && before === changes) known.set(keyOf(login), found.identity)
      return found
    },
    recall: (login) => known.get(keyOf(login)),
    issue: tokens.issue,
    anonymous,
    forget: () => {
      changes += 1
      known.clear()
    },
  }
}
