/** What became of somebody who said who they are. */
import type { Identity } from '../../bridge/index.ts'

/**
 * - bad-credentials: no such name, the wrong secret, revoked, or a token that is none or no longer good
 * - busy:            too many log in at once; the same may work a little later
 * - unavailable:     the credentials cannot be read, and nothing is known of this one
 */
export type LoginRefusal = 'bad-credentials' | 'busy' | 'unavailable'

export type Login =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly reason: LoginRefusal }

export const BAD_CREDENTIALS: Login = { ok: false, reason: 'bad-credentials' }
/** Whoever asked has hung up; nobody reads it. */
export const GONE: Login = { ok: false, reason: 'busy' }
export const BUSY: Login = { ok: false, reason: 'busy' }
export const UNAVAILABLE: Login = { ok: false, reason: 'unavailable' }
