/** Tokens for pages: who gets one, what it is good for, and what becomes of who tries passwords. */
import { describe, expect, test } from '@jest/globals'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { useCleanups } from '../support/cleanups.ts'
import { basic, createFakeDoorkeeper } from '../support/doorkeeper.ts'
import { openClient } from '../support/event-sockets.ts'
import { NO_RECOGNITION } from '../support/facade-services.ts'
import { exchange } from '../support/http-exchange.ts'

const cleanup = useCleanups()
const ROLES = { dora: 'dashboard', anna: 'admin', 'board-1': 'device' } as const

const start = async (anonymous = false) => {
  const doorkeeper = createFakeDoorkeeper(ROLES, { anonymous })
  const facade = await startBridgedFacade({
    options: { apiKey: 'k-1' },
    deps: { doorkeeper, recognition: NO_RECOGNITION },
  })
  cleanup(facade.stop)
  const ask = (headers: Readonly<Record<string, string>>) =>
    exchange(`${facade.url}/api/v1/auth/token`, { method: 'POST', headers })
  return { ...facade, doorkeeper, ask }
}

describe('a token', () => {
  test.each([
    ['a dashboard', basic('dora'), 'dashboard'],
    ['an admin', basic('anna'), 'admin'],
    ['the holder of the key', { 'X-API-Key': 'k-1' }, 'admin'],
  ])('is given to %s, and nobody may keep the answer', async (_name, headers, role) => {
    const { status, json, headers: answered } = await (await start()).ask(headers)
    expect([status, json]).toEqual([
      200,
      { success: true, token: expect.any(String), expiresAt: expect.any(Number), role },
    ])
    expect(answered['cache-control']).toContain('no-store')
  })

  test.each([true, false])(
    'is given to nobody else, also where anyone may come in: %s',
    async (anonymous) => {
      const { ask } = await start(anonymous)
      const { token } = (await ask(basic('dora'))).json as { token: string }
      for (const [headers, status] of [
        [{}, 401],
        [basic('dora', 'wrong'), 401],
        [{ 'X-API-Key': 'k-2' }, 401],
        [basic('board-1'), 403],
        [{ Authorization: `Bearer ${token}` }, 403],
      ] as const) {
        expect([headers, (await ask(headers)).status]).toEqual([headers, status])
      }
    },
  )

  test('is good wherever credentials are, by header and query', async () => {
    const { ask, url } = await start()
    const { token } = (await ask(basic('dora'))).json as { token: string }
    const statusOf = async (path: string, headers = {}) => (await exchange(url + path, { headers })).status
    const bearer = { Authorization: `Bearer ${token}` }
    expect(await statusOf('/api/v1/devices', bearer)).toBe(200)
    expect(await statusOf(`/api/v1/devices?token=${token}`)).toBe(200)
    expect(await statusOf('/api/v1/system/balance', bearer)).toBe(403)
    expect(await statusOf('/api/v1/devices?token=token-2')).toBe(401)
  })

  test('that has run out is nobody, although it is still known', async () => {
    const { ask, url, time } = await start()
    const { token, expiresAt } = (await ask(basic('dora'))).json as { token: string; expiresAt: number }
    const statusOf = async () =>
      (await exchange(`${url}/api/v1/devices`, { headers: { Authorization: `Bearer ${token}` } })).status
    expect(await statusOf()).toBe(200)
    time.pass(expiresAt - time.now() + 1)
    expect(await statusOf()).toBe(401)
  })
})

describe('who tries passwords', () => {
  test('is answered 429 after ten wrong ones, right ones too, until the minute is over', async () => {
    const { ask, facade, time } = await start()
    const wrong = () => ask(basic('anna', 'guess'))
    const seen = await Promise.all(Array.from({ length: 12 }, wrong))
    const statuses = seen.map(({ status }) => status).toSorted()
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
    const braked = await ask(basic('anna'))
    expect([braked.status, Number(braked.headers['retry-after']) > 0]).toEqual([429, true])
    expect(facade.denied()).toMatchObject({ wrong: 10, throttled: 3 })
    time.pass(60_000)
    expect((await ask(basic('anna'))).status).toBe(200)
  }, 20_000)

  test('is not who asks often with the right one, or while it cannot be checked', async () => {
    const { ask, doorkeeper } = await start()
    for (let again = 0; again < 12; again += 1) expect((await ask(basic('anna'))).status).toBe(200)
    doorkeeper.fault = 'unavailable'
    for (let again = 0; again < 12; again += 1) expect((await ask(basic('dora'))).status).toBe(503)
  })
})

describe('the event socket', () => {
  const statusOf = async (port: number, path: string, headers = {}) => {
    const { texts } = await openClient(port, path, { headers })
    return texts.length > 0 ? 'open' : 'refused'
  }

  test('opens to who may read, by header, token and key', async () => {
    const { ask, facade } = await start()
    const port = facade.address?.port ?? 0
    const { token } = (await ask(basic('dora'))).json as { token: string }
    const opened = [
      await statusOf(port, `/?token=${token}`),
      await statusOf(port, '/', basic('dora')),
      await statusOf(port, '/?apiKey=k-1'),
    ]
    expect(opened).toEqual(['open', 'open', 'open'])
    const refused = [
      await statusOf(port, '/'),
      await statusOf(port, '/?token=x'),
      await statusOf(port, '/', basic('board-1')),
    ]
    expect(refused).toEqual(['refused', 'refused', 'refused'])
    expect(facade.sockets.stats()).toMatchObject({ accepted: 3, unauthorized: 3 })
    expect(facade.denied()).toMatchObject({ missing: 1, wrong: 1, forbidden: 1 })
  })

  test('closes when its user is let in no more', async () => {
    const { facade } = await start()
    const port = facade.address?.port ?? 0
    const [dora, anna] = [
      await openClient(port, '/', { headers: basic('dora') }),
      await openClient(port, '/', { headers: basic('anna') }),
    ]
    await facade.disconnect(({ name }) => name === 'dora')
    expect(await dora.closed).toEqual({ code: 1008, reason: 'Credentials ended' })
    expect(anna.webSocket.readyState).toBe(anna.webSocket.OPEN)
    anna.webSocket.terminate()
  })
})
