import { describe, expect, test } from '@jest/globals'
import { createDeferred, settled } from '../../../support/deferred.ts'
import { accessRig, loggedIn } from './access-rig.ts'

const BAD = { ok: false, reason: 'bad-credentials' }
const UNAVAILABLE = { ok: false, reason: 'unavailable' }

describe('a login by name and secret', () => {
  test('is of whoever has both', async () => {
    const rig = accessRig()
    await rig.add('b1')
    await rig.add('anna', 'dashboard')
    const login = rig.authenticator.login
    expect(await login({ name: 'b1', secret: 'b1-secret' })).toEqual({
      ok: true,
      identity: { role: 'device', name: 'b1' },
    })
    expect(await login({ name: 'anna', secret: 'anna-secret' })).toEqual({
      ok: true,
      identity: { role: 'dashboard', name: 'anna' },
    })
    expect(await login({ name: 'anna', secret: 'b1-secret' })).toEqual(BAD)
    expect(await login({ name: 'b1', secret: '' })).toEqual(BAD)
    expect(await login({ name: 'B1', secret: 'b1-secret' })).toEqual(BAD)
  })

  test('of an unknown name costs a hash as a known one does, and is remembered as well', async () => {
    const rig = accessRig()
    await rig.add('b1')
    for (const name of ['b1', 'none']) {
      rig.state.hashed.length = 0
      for (let n = 0; n < 3; n += 1) expect(await rig.authenticator.login({ name, secret: 'x' })).toEqual(BAD)
      expect(rig.state.hashed).toHaveLength(1)
    }
    expect(rig.state.hashed[0]).toMatch(/^scrypt\$4096\$8\$1\$/)
  })

  test('at the same time as others like it shares their hash', async () => {
    const rig = accessRig()
    await rig.add('b1')
    const all = await Promise.all(Array.from({ length: 5_000 }, () => loggedIn(rig, 'b1')))
    expect(all).toHaveLength(5_000)
    expect(rig.state.hashed).toHaveLength(1)
  })

  test.each(['', 'a/b', '+', '#', '$SYS', 'a\0b', 'a\nb', 'x'.repeat(101), '\ud800'])(
    'of a name that nobody can have asks neither store nor hash: %j',
    async (name) => {
      const rig = accessRig()
      rig.state.away = true
      expect(await rig.authenticator.login({ name, secret: 'x' })).toEqual(BAD)
      expect(rig.state.hashed).toEqual([])
    },
  )

  test('with a secret that is longer than any is not hashed', async () => {
    const rig = accessRig()
    await rig.add('b1')
    expect(await rig.authenticator.login({ name: 'b1', secret: 'x'.repeat(60_000) })).toEqual(BAD)
    expect(rig.state.hashed).toEqual([])
  })

  test('is refused once the credential is revoked, and takes the new secret once it is rotated', async () => {
    const rig = accessRig()
    await rig.add('b1')
    await loggedIn(rig, 'b1')
    await rig.store.revoke('b1')
    rig.authenticator.forget('b1')
    expect(await rig.authenticator.login({ name: 'b1', secret: 'b1-secret' })).toEqual(BAD)
    await rig.store.rotate('b1', 'of:new')
    rig.authenticator.forget('b1')
    expect(await rig.authenticator.login({ name: 'b1', secret: 'b1-secret' })).toEqual(BAD)
    expect(await rig.authenticator.login({ name: 'b1', secret: 'new' })).toMatchObject({ ok: true })
  })

  test('is refused when the credential is revoked while the hash runs', async () => {
    const rig = accessRig()
    await rig.add('b1')
    const { promise, resolve } = createDeferred()
    rig.state.hold = promise
    const login = rig.authenticator.login({ name: 'b1', secret: 'b1-secret' })
    await settled()
    expect(rig.state.hashed).toHaveLength(1)
    await rig.store.revoke('b1')
    rig.authenticator.forget('b1')
    resolve()
    expect(await login).toEqual(BAD)
  })

  test('that is one too many is told that it is busy', async () => {
    const rig = accessRig()
    const { promise, resolve } = createDeferred()
    rig.state.hold = promise
    const logins = Array.from({ length: 1_003 }, (_, n) =>
      rig.authenticator.login({ name: 'b1', secret: `guess${n}` }),
    )
    resolve()
    const answers = await Promise.all(logins)
    expect(answers.filter((each) => !each.ok && each.reason === 'busy')).toHaveLength(1)
    expect(rig.authenticator.stats()).toMatchObject({ badCredentials: 1_002, busy: 1, hashed: 1_002 })
  })
})

describe('with the store away', () => {
  test('who logged in before still may for 24 hours, and nobody else', async () => {
    const rig = accessRig()
    for (const name of ['b1', 'b2']) await rig.add(name)
    await loggedIn(rig, 'b1')
    rig.state.away = true
    rig.state.now += 86_399_999
    expect(await loggedIn(rig, 'b1')).toEqual({ role: 'device', name: 'b1' })
    expect(await rig.authenticator.login({ name: 'b1', secret: 'wrong' })).toEqual(BAD)
    expect(await rig.authenticator.login({ name: 'b2', secret: 'b2-secret' })).toEqual(UNAVAILABLE)
    expect(await rig.authenticator.login({ name: 'none', secret: 'x' })).toEqual(UNAVAILABLE)
    rig.state.now += 1
    expect(await rig.authenticator.login({ name: 'b1', secret: 'b1-secret' })).toEqual(UNAVAILABLE)
    expect(rig.authenticator.stats()).toMatchObject({ accepted: 2, badCredentials: 1, unavailable: 3 })
  })

  test('whether a name is a device is known of those seen, and else it is said that it is not known', async () => {
    const rig = accessRig()
    await rig.add('b1')
    expect(await rig.authenticator.isDevice('b1')).toBe(true)
    rig.state.away = true
    rig.authenticator.forget(undefined)
    expect(await rig.authenticator.isDevice('b1')).toBe(true)
    await expect(rig.authenticator.isDevice('b2')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

test('the name of a device is told from those of users and of nobody, and stays one when it is revoked', async () => {
  const rig = accessRig()
  await rig.add('b1')
  await rig.add('anna', 'admin')
  await rig.store.revoke('b1')
  expect(await rig.authenticator.isDevice('b1')).toBe(true)
  expect(await rig.authenticator.isDevice('anna')).toBe(false)
  expect(await rig.authenticator.isDevice('none')).toBe(false)
  expect(await rig.authenticator.isDevice('a/b')).toBe(false)
})

test('a certificate lets a device in that has a good credential, and nobody else', async () => {
  const rig = accessRig()
  for (const name of ['b1', 'b2']) await rig.add(name)
  await rig.add('anna', 'admin')
  await rig.store.revoke('b2')
  const of = rig.authenticator.loginByCertificate
  expect(await of('b1')).toEqual({ ok: true, identity: { role: 'device', name: 'b1' } })
  for (const name of ['b2', 'anna', 'none', 'a/b', '']) expect(await of(name)).toEqual(BAD)
  rig.state.away = true
  expect(await of('b3')).toEqual(UNAVAILABLE)
})

describe('an identity', () => {
  test('is current until its credential is revoked', async () => {
    const rig = accessRig()
    await rig.add('b1')
    const identity = await loggedIn(rig, 'b1')
    expect(await rig.authenticator.isCurrent(identity)).toBe(true)
    await rig.store.revoke('b1')
    rig.authenticator.forget('b1')
    expect(await rig.authenticator.isCurrent(identity)).toBe(false)
  })

  test('is current until its credential is removed, also when the name is given again', async () => {
    const rig = accessRig()
    await rig.add('b1')
    const identity = await loggedIn(rig, 'b1')
    await rig.store.remove('b1')
    rig.authenticator.forget('b1')
    expect(await rig.authenticator.isCurrent(identity)).toBe(false)
    await rig.store.add({ name: 'b1', role: 'device', secretHash: 'of:other' })
    rig.authenticator.forget('b1')
    expect(await rig.authenticator.isCurrent(identity)).toBe(false)
  })

  test('is current until there is a new secret: who has that one is', async () => {
    const rig = accessRig()
    await rig.add('b1')
    const old = await loggedIn(rig, 'b1')
    await rig.store.rotate('b1', 'of:b1-secret but newer')
    rig.authenticator.forget(undefined)
    expect(await rig.authenticator.isCurrent(old)).toBe(false)
    const login = await rig.authenticator.login({ name: 'b1', secret: 'b1-secret but newer' })
    expect(login.ok && (await rig.authenticator.isCurrent(login.identity))).toBe(true)
  })

  test('of another making is judged by name and role', async () => {
    const rig = accessRig()
    await rig.add('b1')
    expect(await rig.authenticator.isCurrent({ role: 'device', name: 'b1' })).toBe(true)
    expect(await rig.authenticator.isCurrent({ role: 'admin', name: 'b1' })).toBe(false)
    expect(await rig.authenticator.isCurrent({ role: 'device', name: 'none' })).toBe(false)
  })

  test('without a name has nothing to lose but its time', async () => {
    const rig = accessRig()
    rig.state.away = true
    expect(await rig.authenticator.isCurrent({ role: 'anonymous', name: '' })).toBe(true)
    expect(await rig.authenticator.isCurrent({ role: 'admin', name: '' })).toBe(true)
    expect(await rig.authenticator.isCurrent({ role: 'admin', name: '', expiresAt: rig.state.now })).toBe(
      false,
    )
  })

  test('stays current while the store is away, unless its credential is known to have changed', async () => {
    const rig = accessRig()
    await rig.add('b1')
    const identity = await loggedIn(rig, 'b1')
    rig.state.away = true
    rig.authenticator.forget(undefined)
    expect(await rig.authenticator.isCurrent(identity)).toBe(true)
    rig.authenticator.forget('b1')
    expect(await rig.authenticator.isCurrent(identity)).toBe(false)
  })
})
