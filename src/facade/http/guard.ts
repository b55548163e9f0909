/**
 * Finds out who sends a request. What they may do is decided by the table of rights (bridge/core/access.ts); here is
 * only what HTTP adds: where a login stands.
 *
 * Whoever sends credentials is judged by them: wrong ones are refused also where none are needed.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Identity } from '../../../bridge/index.ts'
import { isForwarded } from '../../forwarded.ts'
import { networkOf } from '../../network.ts'
import { createSlowdown, type SlowdownDeps } from '../../slowdown.ts'
import type { Doorkeeper, Login } from '../doorkeeper.ts'
import { createKeyCheck } from './api-key.ts'
import { createDenialCounts, type DenialCounts, type DenialReason } from './denials.ts'
import { createWhileConnected } from './hang-up.ts'
import { readLogin } from './login.ts'
import type { Opening, Openness } from './route-access.ts'

export const ANONYMOUS: Identity = { role: 'anonymous', name: '' }
/** Whoever has the key. Nobody can have this name. */
const KEY_HOLDER: Identity = { role: 'admin', name: '' }

export type Verdict =
  | { readonly ok: true; readonly identity: Identity }
  /** `missing`: nothing was said; whether that is enough depends on what is asked for. */
  | { readonly ok: false; readonly reason: DenialReason }

/** What a request says of its sender. */
export interface Sender {
  readonly headers: IncomingHttpHeaders
  readonly url: string
  readonly address: string | undefined
  /** What it came on: who hangs up leaves the queue of the logins. */
  readonly connection?: Duplex
  /** What is asked for is open to anyone: what a key is worth is not asked there. */
  readonly isOpen: boolean
}

export interface Guard {
  /**
   * Who sends it, at once wherever nothing has to be looked up. Of a network that sent many wrong logins, a wrong one
   * is answered late (slowdown.ts). Never rejects.
   */
  judge(sender: Sender): Verdict | Promise<Verdict>
  /** As `judge`, of one login, and only as far as it is known already. */
  recall(login: Login): Identity | undefined
  readonly openness: Openness
  /** Counts and logs one that is turned away. */
  note(reason: DenialReason, where: { readonly route: string; readonly address?: string | undefined }): void
  denied(): DenialCounts
}

export interface GuardDeps {
  readonly doorkeeper: Doorkeeper
  readonly clock: Clock
  readonly log?: { warn(details: object, message: string): void }
  /** What wrong logins are slowed by. Default: a timer. */
  readonly wait?: SlowdownDeps['wait']
}

const FORWARDED =
  'a request through a proxy was turned away: it is not of this machine, so it needs credentials ' +
  '(npx sluice user add NAME --role dashboard, npx sluice device add ID) or an API_KEY; ALLOW_ANONYMOUS=true lets everybody in'

const MISSING: Verdict = { ok: false, reason: 'missing' }
const WRONG: Verdict = { ok: false, reason: 'wrong' }
const HOLDS_KEY: Verdict = { ok: true, identity: KEY_HOLDER }

export const createGuard = (
  { doorkeeper, clock, log, wait = delay }: GuardDeps,
  { apiKey, legacyOpen, isLocal }: Omit<Openness, 'anonymous'>,
): Guard => {
  const counts = createDenialCounts()
  const whileConnected = createWhileConnected()
  const slowdown = createSlowdown({ clock, wait })
  const checkKey = apiKey === undefined ? undefined : createKeyCheck(apiKey)

  const unlessExpired = (identity: Identity): Verdict =>
    (identity.expiresAt ?? Number.POSITIVE_INFINITY) > clock() ? { ok: true, identity } : WRONG

  const identify = async (login: Login, { address, connection }: Sender): Promise<Verdict> => {
    try {
      const ask = (signal?: AbortSignal) => doorkeeper.identify(login, address, signal)
      const found = await (connection === undefined ? ask() : whileConnected(connection, ask))
      if (found.ok) return unlessExpired(found.identity)
      return found.reason === 'bad-credentials' ? WRONG : { ok: false, reason: found.reason }
    } catch {
      return { ok: false, reason: 'unavailable' }
    }
  }

  const recall = (login: Login): Identity | undefined => {
    const known = doorkeeper.recall?.(login)
    return known !== undefined && unlessExpired(known).ok ? known : undefined
  }

  const note: Guard['note'] = (reason, where) => {
    counts.count(reason)
    log?.warn({ reason, ...where }, reason === 'forwarded' ? FORWARDED : 'an HTTP request was turned away')
  }

  const find = (sender: Sender): Verdict | Promise<Verdict> => {
    const { headers, url } = sender
    const key = checkKey?.(headers, url) ?? 'missing'
    if (key === 'ok') return HOLDS_KEY
    if (key === 'wrong') return { ok: false, reason: 'wrong-key' }
    const login = readLogin(headers, url)
    if (login === 'none') return MISSING
    if (login === 'broken') return WRONG
    const known = recall(login)
    return known === undefined ? identify(login, sender) : { ok: true, identity: known }
  }

  const slowed = (verdict: Verdict, { address, isOpen }: Sender): Verdict | Promise<Verdict> => {
    if (verdict.ok || !(verdict.reason === 'wrong' || (verdict.reason === 'wrong-key' && !isOpen)))
      return verdict
    return slowdown.wrong(networkOf(address))?.then(() => verdict) ?? verdict
  }

  return {
    judge: (sender) => {
      const verdict = find(sender)
      return 'ok' in verdict ? slowed(verdict, sender) : verdict.then((found) => slowed(found, sender))
    },
    recall,
    openness: { anonymous: doorkeeper.anonymous, isLocal, apiKey, legacyOpen },
    note,
    denied: counts.read,
  }
}

/** Whether what a request asks for is open to whoever sent it. */
export const isOpenFor = ({ direct, forwarded }: Opening, headers: IncomingHttpHeaders): boolean =>
  direct && (forwarded || !isForwarded(headers))

/** Who it is that may come in: also nobody known, where `isOpen`. What a key is worth is not asked there. */
export const admitted = (verdict: Verdict, isOpen: boolean, opening: Opening): Identity | DenialReason => {
  if (verdict.ok) return verdict.identity
  const { reason } = verdict
  if (isOpen && (reason === 'missing' || reason === 'wrong-key')) return ANONYMOUS
  return reason === 'missing' && opening.direct ? 'forwarded' : reason
}
