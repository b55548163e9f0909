/**
 * Who looks at the page. A token is kept for this tab (sessionStorage: a reload stays signed in, another tab and a
 * closed one do not). A token cannot be prolonged by itself, so the name and password are kept in the memory of the
 * page, and nowhere else, to get the next one in time: a wall screen stays signed in until it is reloaded.
 */
import { type ReadonlySignal, signal } from '@preact/signals'
import type { Role, TokenAnswer } from './answers.ts'
import { type Api, createApi, type Fetch, type Problem, type Result } from './api.ts'

export type SessionState =
  /** Not known yet whether anyone has to sign in. `problem`: why it could not be asked; it is asked again. */
  | { readonly kind: 'asking'; readonly problem?: Problem }
  /** Nobody has to. */
  | { readonly kind: 'open' }
  | { readonly kind: 'signed-out'; readonly ended: boolean }
  | {
      readonly kind: 'signed-in'
      readonly name: string
      readonly role: Role
      readonly token: string
      /** By the clock of this machine. */
      readonly expiresAt: number
    }

type SignedIn = Extract<SessionState, { kind: 'signed-in' }>

export interface Session {
  readonly state: ReadonlySignal<SessionState>
  /** Requests as whoever is signed in. */
  readonly api: Api
  start(): void
  signIn(name: string, password: string): Promise<Result<void>>
  signOut(): void
  /** The broker refused who we say we are: asks the server whether that is so. */
  doubt(): void
}

/** As much of `sessionStorage` as is used. */
export interface KeyStore {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

interface SessionDeps {
  readonly storage: KeyStore
  readonly fetch: Fetch
  readonly clock: () => number
}

const KEY = 'sluice.session'
/** Before a token ends; the same again when that fails. */
const RENEW_AHEAD_MS = 60_000
const RETRY_MS = 5_000
const PROBE = '/api/v1/system/status'

const basic = (name: string, password: string): string => {
  const bytes = new TextEncoder().encode(`${name}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

/** How long a token is good from now on. By its own two times, since the clock of this machine may be another. */
const lifeOf = ({ token, expiresAt }: TokenAnswer, now: number): number => {
  try {
    const { iat, exp } = JSON.parse(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')))
    return (Number(exp) - Number(iat)) * 1_000 || expiresAt - now
  } catch {
    return expiresAt - now
  }
}

const restore = ({ storage, clock }: Pick<SessionDeps, 'storage' | 'clock'>): SignedIn | undefined => {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? 'null') as SignedIn | null
    return kept !== null && kept.expiresAt > clock() ? kept : undefined
  } catch {
    return undefined
  }
}

export const createSession = (deps: SessionDeps): Session => {
  const { storage, clock, fetch } = deps
  const kept = restore(deps)
  const state = signal<SessionState>(kept ?? { kind: 'asking' })
  let authorization: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Counts sign-outs: a token that was asked for before one is not wanted any more. */
  let signOuts = 0

  const tokenOf = (current: SessionState): string | undefined =>
    current.kind === 'signed-in' ? current.token : undefined

  const forget = (ended: boolean): void => {
    clearTimeout(timer)
    signOuts += 1
    authorization = undefined
    storage.removeItem(KEY)
    state.value = { kind: 'signed-out', ended }
  }

  /** Of answers to requests that were sent before someone signed in, nothing follows. */
  const rejected = (token: string | undefined): void => {
    if (token !== tokenOf(state.peek())) return
    const wasIn = token !== undefined
    if (wasIn && authorization !== undefined) void renew()
    else forget(wasIn)
  }

  const api = createApi({ token: () => tokenOf(state.peek()), rejected }, fetch)

  const ask = async (login: string, name: string): Promise<Result<void>> => {
    const asked = signOuts
    const got = await api.request<TokenAnswer>('/api/v1/auth/token', { method: 'POST', authorization: login })
    if (!got.ok) return got
    if (asked !== signOuts) return { ok: true, value: undefined }
    const { token, role } = got.value
    const life = lifeOf(got.value, clock())
    const expiresAt = clock() + life
    const signedIn: SignedIn = { kind: 'signed-in', name, role, token, expiresAt }
    authorization = login
    storage.setItem(KEY, JSON.stringify(signedIn))
    state.value = signedIn
    plan(life - RENEW_AHEAD_MS)
    return { ok: true, value: undefined }
  }

  const plan = (inMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(renew, Math.max(RETRY_MS, inMs))
  }

  const renew = async (): Promise<void> => {
    const current = state.peek()
    if (current.kind !== 'signed-in') return
    if (authorization === undefined) {
      if (current.expiresAt <= clock()) forget(true)
      else plan(current.expiresAt - clock())
      return
    }
    const asked = signOuts
    const renewed = await ask(authorization, current.name)
    if (renewed.ok || asked !== signOuts) return
    if (renewed.problem.kind === 'unauthorized' || renewed.problem.kind === 'forbidden') forget(true)
    else plan(RETRY_MS)
  }

  const probe = async (): Promise<void> => {
    const answer = await api.request(PROBE)
    const current = state.peek()
    if (current.kind === 'signed-in' || current.kind === 'signed-out') return
    if (answer.ok || answer.problem.kind === 'busy') {
      state.value = { kind: 'open' }
      return
    }
    if (current.kind === 'asking') {
      state.value = { kind: 'asking', problem: answer.problem }
      timer = setTimeout(probe, RETRY_MS)
    }
  }

  return {
    state,
    api,
    start: () => {
      if (kept === undefined) void probe()
      else plan(kept.expiresAt - clock())
    },
    signIn: (name, password) => ask(basic(name, password), name),
    signOut: () => forget(false),
    doubt: () => void api.request(PROBE),
  }
}
