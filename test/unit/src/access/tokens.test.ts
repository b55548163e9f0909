import { describe, expect, test } from '@jest/globals'
import { base64url, SignJWT, UnsecuredJWT } from 'jose'
import { isTokenLike } from '../../../../src/access/tokens.ts'
import { type AccessRig, accessRig, loggedIn } from './access-rig.ts'

const BAD = { ok: false, reason: 'bad-credentials' }
const MINUTE = 60_000

const tokenFor = async (rig: AccessRig, name: string): Promise<string> => {
  const issued = await rig.tokens.issue(await loggedIn(rig, name))
  if (issued === undefined) throw new Error('no token')
  return issued.token
}

const rigWithAnna = async (options = {}): Promise<AccessRig> => {
  const rig = accessRig(options)
  await rig.add('anna', 'dashboard')
  return rig
}

describe('a token', () => {
  test('stands for its owner for a quarter of an hour', async () => {
    const rig = await rigWithAnna()
    const token = await tokenFor(rig, 'anna')
    const expiresAt = rig.state.now + 15 * MINUTE
    const identity = { role: 'dashboard', name: 'anna', expiresAt }
    expect(await rig.tokens.verify(token)).toEqual({ ok: true, identity })
    expect(await rig.authenticator.loginByToken(token)).toEqual({ ok: true, identity })
    rig.state.now = expiresAt - 1_000
    expect(await rig.tokens.verify(token)).toMatchObject({ ok: true })
    rig.state.now = expiresAt
    expect(await rig.tokens.verify(token)).toEqual(BAD)
    expect(await rig.authenticator.isCurrent({ role: 'dashboard', name: 'anna', expiresAt })).toBe(false)
  })

  test('is good for an hour at most, whatever is asked', async () => {
    const rig = await rigWithAnna({ ttlMs: 24 * 60 * MINUTE })
    const issued = await rig.tokens.issue(await loggedIn(rig, 'anna'))
    expect(issued?.expiresAt).toBe(rig.state.now + 60 * MINUTE)
  })

  test('is a password of its owner, and of nobody else', async () => {
    const rig = await rigWithAnna()
    await rig.add('otto', 'operator')
    const secret = await tokenFor(rig, 'anna')
    expect(await rig.authenticator.login({ name: 'anna', secret })).toMatchObject({
      ok: true,
      identity: { role: 'dashboard', name: 'anna', expiresAt: rig.state.now + 15 * MINUTE },
    })
    expect(await rig.authenticator.login({ name: 'otto', secret })).toEqual(BAD)
    expect(rig.state.hashed).toHaveLength(1)
  })

  test('got by a token ends with it', async () => {
    const rig = await rigWithAnna()
    const login = await rig.tokens.verify(await tokenFor(rig, 'anna'))
    rig.state.now += 10 * MINUTE
    const next = login.ok ? await rig.tokens.issue(login.identity) : undefined
    expect(next?.expiresAt).toBe(rig.state.now + 5 * MINUTE)
  })

  test.each(['revoke', 'remove'] as const)('ends at once when its owner is %sd', async (end) => {
    const rig = await rigWithAnna()
    const token = await tokenFor(rig, 'anna')
    await rig.store[end]('anna')
    rig.authenticator.forget('anna')
    expect(await rig.tokens.verify(token)).toEqual(BAD)
  })

  test('ends at once when its owner is given another secret, or the name another owner', async () => {
    const rig = await rigWithAnna()
    const token = await tokenFor(rig, 'anna')
    await rig.store.rotate('anna', 'of:new')
    rig.authenticator.forget('anna')
    expect(await rig.tokens.verify(token)).toEqual(BAD)
    await rig.store.remove('anna')
    await rig.store.add({ name: 'anna', role: 'admin', secretHash: 'of:other' })
    rig.authenticator.forget('anna')
    expect(await rig.tokens.verify(token)).toEqual(BAD)
  })

  test('is not judged when the store is away and nothing is known of its owner', async () => {
    const rig = await rigWithAnna()
    const token = await tokenFor(rig, 'anna')
    rig.state.away = true
    expect(await rig.tokens.verify(token)).toMatchObject({ ok: true })
    rig.authenticator.forget('anna')
    expect(await rig.tokens.verify(token)).toEqual({ ok: false, reason: 'unavailable' })
    await expect(rig.tokens.issue({ role: 'dashboard', name: 'anna' })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
  })
})

test('none is issued to who has no credential of their own, or no longer', async () => {
  const rig = await rigWithAnna()
  expect(await rig.tokens.issue({ role: 'anonymous', name: '' })).toBeUndefined()
  expect(await rig.tokens.issue({ role: 'admin', name: '' })).toBeUndefined()
  expect(await rig.tokens.issue({ role: 'admin', name: 'anna' })).toBeUndefined()
  expect(
    await rig.tokens.issue({ role: 'dashboard', name: 'anna', expiresAt: rig.state.now }),
  ).toBeUndefined()
  const identity = await loggedIn(rig, 'anna')
  await rig.store.revoke('anna')
  rig.authenticator.forget('anna')
  expect(await rig.tokens.issue(identity)).toBeUndefined()
})

describe('what is no token of ours is refused', () => {
  const claims = (token: string): { [claim: string]: unknown } => {
    const [, payload = ''] = token.split('.')
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as { [claim: string]: unknown }
  }

  test('signed by another key, in another way or not at all', async () => {
    const rig = await rigWithAnna()
    const payload = claims(await tokenFor(rig, 'anna'))
    const sign = (alg: string, key: Uint8Array): Promise<string> =>
      new SignJWT(payload).setProtectedHeader({ alg }).sign(key)
    const [, body] = (await tokenFor(rig, 'anna')).split('.')
    const forged = [
      await sign('HS256', new Uint8Array(32)),
      await sign('HS512', new Uint8Array(64).fill(7)),
      new UnsecuredJWT(payload).encode(),
      `${base64url.encode('{"alg":"none"}')}.${body}.${base64url.encode('x')}`,
      `${base64url.encode('{"alg":"HS256"}')}.${body}.${base64url.encode('x')}`,
    ]
    for (const token of forged) expect(await rig.tokens.verify(token)).toEqual(BAD)
    expect(await rig.tokens.verify(await sign('HS256', rig.key))).toMatchObject({ ok: true })
  })

  test.each(['sub', 'exp', 'iat', 'iss', 'cred'])('without its %s', async (claim) => {
    const rig = await rigWithAnna()
    const { [claim]: _, ...rest } = claims(await tokenFor(rig, 'anna'))
    const token = await new SignJWT(rest).setProtectedHeader({ alg: 'HS256' }).sign(rig.key)
    expect(await rig.tokens.verify(token)).toEqual(BAD)
  })

  test.each(['', 'x', 'a.b.c', 'eyJ.eyJ.x', `eyJ${'a'.repeat(3_000)}.b.c`, 'eyJhbGciOiJIUzI1NiJ9.e30.\n'])(
    'text that is none: %j',
    async (token) => {
      const rig = await rigWithAnna()
      expect(await rig.tokens.verify(token)).toEqual(BAD)
    },
  )

  test('changed in any one character', async () => {
    const rig = await rigWithAnna()
    const token = await tokenFor(rig, 'anna')
    for (let at = 0; at < token.length - 1; at += 7) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
      expect(await rig.tokens.verify(changed)).toEqual(BAD)
    }
  })
})

test('a secret of ours is never taken for a token', async () => {
  const rig = await rigWithAnna()
  expect(isTokenLike('00112233445566778899aabbccddeeff')).toBe(false)
  expect(isTokenLike(await tokenFor(rig, 'anna'))).toBe(true)
})
