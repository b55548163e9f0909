import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createSession } from '../../../../src/dashboard/session.ts'

const MINUTE = 60_000
const LIFE = 15 * MINUTE

const tokenOf = (from: number): string =>
  `h.${btoa(JSON.stringify({ iat: from / 1_000, exp: (from + LIFE) / 1_000 }))}.s${from}`

/** A server with one user whose clock is `ahead` of ours. */
const start = ({ isOpen = false, ahead = 0, kept = {} as Record<string, string> } = {}) => {
  const store = new Map(Object.entries(kept))
  const server = { password: 'right', status: undefined as number | undefined, isAway: false }
  const seen: { readonly path: string; readonly authorization: string | null }[] = []
  const good = new Set<string>()
  const login = `Basic ${btoa('anna:right')}`

  const answer = (path: string, authorization: string | null): Response => {
    if (server.status !== undefined) return Response.json({ error: 'Wait' }, { status: server.status })
    if (path === '/api/v1/auth/token') {
      if (authorization !== login || server.password !== 'right')
        return Response.json({ success: false, error: 'Wrong credentials' }, { status: 401 })
      const token = tokenOf(Date.now() + ahead)
      good.add(`Bearer ${token}`)
      return Response.json({ token, expiresAt: Date.now() + ahead + LIFE, role: 'dashboard' })
    }
    if (isOpen || good.has(authorization ?? '')) return Response.json({ success: true })
    return Response.json({ error: 'Credentials are required' }, { status: 401 })
  }

  const session = createSession({
    clock: Date.now,
    storage: {
      getItem: (key) => store.get(key) ?? null,
      setItem: (key, value) => void store.set(key, value),
      removeItem: (key) => void store.delete(key),
    },
    fetch: async (path, init) => {
      const authorization = new Headers(init.headers).get('authorization')
      seen.push({ path, authorization })
      if (server.isAway) throw new TypeError('fetch failed')
      return answer(path, authorization)
    },
  })
  return { session, server, seen, store, good }
}

const settle = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms)
const tokens = (seen: readonly { readonly path: string }[]): number =>
  seen.filter(({ path }) => path.endsWith('/token')).length

beforeEach(() => void jest.useFakeTimers({ now: 1_795_400_000_000 }))
afterEach(() => void jest.useRealTimers())

describe('who looks at the page', () => {
  test('is anybody where no credentials are needed', async () => {
    const { session } = start({ isOpen: true })
    session.start()
    await settle()
    expect(session.state.value).toEqual({ kind: 'open' })
  })

  test('has to sign in where they are', async () => {
    const { session } = start()
    session.start()
    await settle()
    expect(session.state.value).toEqual({ kind: 'signed-out', ended: false })
  })

  test('is asked for until the server answers', async () => {
    const { session, server } = start({ isOpen: true })
    server.isAway = true
    session.start()
    await settle()
    expect(session.state.value).toMatchObject({ kind: 'asking', problem: { kind: 'unreachable' } })
    server.isAway = false
    await settle(5_000)
    expect(session.state.value).toEqual({ kind: 'open' })
  })
})

describe('a sign-in', () => {
  test('keeps the token for the tab, and the password nowhere', async () => {
    const { session, store, seen } = start()
    expect(await session.signIn('anna', 'right')).toEqual({ ok: true, value: undefined })
    expect(session.state.value).toMatchObject({ kind: 'signed-in', name: 'anna', role: 'dashboard' })
    const kept = [...store.values()].join()
    expect(kept).toContain('anna')
    expect(kept).not.toContain('right')
    expect(kept).not.toContain(btoa('anna:right'))
    await session.api.request('/api/v1/devices')
    expect(seen.at(-1)?.authorization).toMatch(/^Bearer /)
  })

  test('with a wrong password says so, and signs nobody in or out', async () => {
    const { session } = start()
    session.start()
    await settle()
    expect(await session.signIn('anna', 'wrong')).toMatchObject({
      ok: false,
      problem: { kind: 'unauthorized' },
    })
    expect(session.state.value).toEqual({ kind: 'signed-out', ended: false })
  })

  test.each([0, 3 * 3_600_000, -3 * 3_600_000])(
    'is renewed before it ends, with a server whose clock is %d ms ahead',
    async (ahead) => {
      const { session, seen } = start({ ahead })
      await session.signIn('anna', 'right')
      await settle(LIFE - MINUTE - 1)
      expect(tokens(seen)).toBe(1)
      await settle(1)
      expect(tokens(seen)).toBe(2)
      await settle(4 * LIFE)
      expect(session.state.value.kind).toBe('signed-in')
      session.signOut()
    },
  )

  test('outlives a server that is away when it is to be renewed', async () => {
    const { session, server, seen } = start()
    await session.signIn('anna', 'right')
    server.isAway = true
    await settle(LIFE)
    server.isAway = false
    await settle(5_000)
    expect(session.state.value.kind).toBe('signed-in')
    expect(tokens(seen)).toBeGreaterThan(2)
    session.signOut()
  })

  test('ends when the user is no longer good', async () => {
    const { session, server, good } = start()
    await session.signIn('anna', 'right')
    good.clear()
    server.password = 'another'
    await session.api.request('/api/v1/devices')
    await settle()
    expect(session.state.value).toEqual({ kind: 'signed-out', ended: true })
  })

  test('is taken up again after a reload, and ends with its token then', async () => {
    const first = start()
    await first.session.signIn('anna', 'right')
    const again = start({ kept: Object.fromEntries(first.store) })
    first.session.signOut()
    again.session.start()
    expect(again.session.state.value).toMatchObject({ kind: 'signed-in', name: 'anna' })
    await settle(LIFE + 1)
    expect(again.session.state.value).toEqual({ kind: 'signed-out', ended: true })
  })

  test('that is too old is not taken up again', () => {
    const old = { kind: 'signed-in', name: 'anna', role: 'dashboard', token: 't', expiresAt: Date.now() - 1 }
    const { session } = start({ kept: { 'sluice.session': JSON.stringify(old) } })
    expect(session.state.value).toEqual({ kind: 'asking' })
  })
})

test('after a sign-out nothing is left, also of a renewal that was under way', async () => {
  const { session, store } = start()
  await session.signIn('anna', 'right')
  jest.advanceTimersByTime(LIFE - MINUTE)
  session.signOut()
  await settle(LIFE)
  expect(session.state.value).toEqual({ kind: 'signed-out', ended: false })
  expect(store.size).toBe(0)
})
