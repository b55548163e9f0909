/** What the facade needs to know who sends a request. Whoever keeps credentials and tokens adapts to it. */
import type { Identity } from '../../bridge/index.ts'

/** What a client says to prove who it is. All of it is secret but the name. */
export type Login =
  | { readonly kind: 'secret'; readonly name: string; readonly secret: string }
  | { readonly kind: 'token'; readonly token: string }

export type Identified =
  | { readonly ok: true; readonly identity: Identity }
  /** `busy`: too many are being checked; `unavailable`: they cannot be looked up now. The client comes again. */
  | { readonly ok: false; readonly reason: 'bad-credentials' | 'busy' | 'unavailable' }

export interface Token {
  readonly token: string
  /** Epoch ms. */
  readonly expiresAt: number
}

export interface Doorkeeper {
  /**
   * `address`: where it was sent from, so that no sender holds up others; `signal`: aborted when whoever sent it has
   * hung up. Never rejects.
   */
  identify(login: Login, address?: string, signal?: AbortSignal): Promise<Identified>
  /** Who it is, when that is known without a wait; undefined: ask `identify`. For polls, thousands a second. */
  recall?(login: Login): Identity | undefined
  /** A token for this identity; undefined: there is none for it. Throws STORE_UNAVAILABLE. */
  issue(identity: Identity): Promise<Token | undefined>
  /** Clients that say nothing of themselves may come in. */
  readonly anonymous: boolean
}

/** Where no credentials are kept: whoever says to have some is refused. */
export const createKeylessDoor = (anonymous: boolean): Doorkeeper => ({
  identify: async () => ({ ok: false, reason: 'bad-credentials' }),
  issue: async () => undefined,
  anonymous,
})
