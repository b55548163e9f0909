/** Why a request is turned away for who sent it, and what its sender is told. No secret is in any text. */

export const DENIAL_REASONS = [
  'missing',
  'forwarded',
  'wrong-key',
  'wrong',
  'forbidden',
  'busy',
  'unavailable',
  'throttled',
  'origin',
] as const

export type DenialReason = (typeof DENIAL_REASONS)[number]

export interface Denial {
  readonly status: 401 | 403 | 429 | 503
  readonly error: string
  readonly retryAfterS?: number
}

export const DENIALS: { readonly [reason in DenialReason]: Denial } = {
  missing: {
    status: 401,
    error:
      'Credentials are required: Authorization (Basic or Bearer), or an API key by X-API-Key or ?apiKey=',
  },
  forwarded: {
    status: 401,
    error:
      'Through a proxy credentials are required: Authorization (Basic or Bearer), or an API key by X-API-Key or ?apiKey=',
  },
  'wrong-key': { status: 401, error: 'Wrong API key' },
  wrong: { status: 401, error: 'Wrong credentials' },
  forbidden: { status: 403, error: 'These credentials do not allow this' },
  busy: { status: 503, error: 'Too many logins at the moment', retryAfterS: 1 },
  unavailable: { status: 503, error: 'Credentials cannot be checked at the moment', retryAfterS: 5 },
  throttled: { status: 429, error: 'Too many wrong logins, please try again later' },
  origin: {
    status: 403,
    error: 'Pages of this origin may not connect: ALLOWED_ORIGINS names those that may',
  },
}

/**
 * Of every 401. Basic is taken too and not offered: a browser that is offered it asks its user for a password by
 * itself, and sends that from then on with whatever any page asks of this server.
 */
export const CHALLENGE = 'Bearer realm="Sluice"'

export type DenialCounts = Readonly<Record<DenialReason, number>>

/** Counts since the start. */
export const createDenialCounts = () => {
  const counts = Object.fromEntries(DENIAL_REASONS.map((reason) => [reason, 0])) as Record<
    DenialReason,
    number
  >
  return {
    count: (reason: DenialReason): void => {
      counts[reason] += 1
    },
    read: (): DenialCounts => ({ ...counts }),
  }
}
