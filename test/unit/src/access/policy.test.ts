import { describe, expect, test } from '@jest/globals'
import type { ConnectRequest } from '../../../../broker/index.ts'
import { createPolicy } from '../../../../src/access/policy.ts'
import { createDeferred } from '../../../support/deferred.ts'
import { accessRig, loggedIn } from './access-rig.ts'

const from = (fields: Partial<ConnectRequest> = {}): ConnectRequest => ({
  clientId: 'client-1',
  username: undefined,
  password: undefined,
  address: '192.0.2.1',
  certificateName: undefined,
  ...fields,
})

/** Devices b1, b2 and (revoked) old; users anna (dashboard) and root (admin). */
const rigWith = async ({ anonymous }: { readonly anonymous: boolean }) => {
  const rig = accessRig()
  for (const name of ['b1', 'b2', 'old']) await rig.add(name)
  await rig.add('anna', 'dashboard')
  await rig.add('root', 'admin')
  await rig.store.revoke('old')
  const policy = createPolicy({ authenticator: rig.authenticator, anonymous })
  const codeOf = async (fields: Partial<ConnectRequest>): Promise<number> => {
    const admission = await policy.admit(from(fields))
    return admission.ok ? 0 : admission.code
  }
  return { ...rig, policy, codeOf }
}

const as = (name: string, clientId = name): Partial<ConnectRequest> => ({
  clientId,
  username: name,
  password: `${name}-secret`,
})

describe('a device', () => {
  test('comes in with its secret under its own id', async () => {
    const { policy } = await rigWith({ anonymous: false })
    expect(await policy.admit(from(as('b1')))).toEqual({
      ok: true,
      identity: { role: 'device', name: 'b1' },
    })
  })

  test('comes in under no other id', async () => {
    const { codeOf } = await rigWith({ anonymous: true })
    for (const id of ['b2', 'B1', 'b1 ', 'client-1', 'none']) expect(await codeOf(as('b1', id))).toBe(2)
  })

  test('comes in by its certificate, with its name or without one, and no password', async () => {
    const { codeOf } = await rigWith({ anonymous: false })
    const certificateName = 'b1'
    expect(await codeOf({ certificateName, clientId: 'b1' })).toBe(0)
    expect(await codeOf({ certificateName, clientId: 'b1', username: 'b1' })).toBe(0)
    expect(await codeOf({ certificateName, clientId: 'b1', username: '', password: '' })).toBe(0)
    expect(await codeOf({ certificateName, clientId: 'b2' })).toBe(2)
    expect(await codeOf({ certificateName, clientId: 'b1', username: 'b2' })).toBe(4)
    expect(await codeOf({ certificateName, clientId: 'b1', username: 'b1', password: 'wrong' })).toBe(4)
  })

  test('does not come in by a certificate without a good credential of its own', async () => {
    const { codeOf } = await rigWith({ anonymous: true })
    for (const name of ['old', 'none', 'anna', 'a/b']) {
      expect(await codeOf({ certificateName: name, clientId: name })).toBe(5)
    }
  })

  test('does not come in once it is revoked', async () => {
    const { codeOf } = await rigWith({ anonymous: true })
    expect(await codeOf(as('old'))).toBe(4)
  })
})

describe('a user', () => {
  test('comes in under any id that is none of a device, by secret or token', async () => {
    const rig = await rigWith({ anonymous: false })
    expect(await rig.codeOf(as('anna', 'mqttjs_1234'))).toBe(0)
    expect(await rig.codeOf(as('anna'))).toBe(0)
    const issued = await rig.tokens.issue(await loggedIn(rig, 'anna'))
    expect(await rig.codeOf({ username: 'anna', password: issued?.token ?? '' })).toBe(0)
  })

  test('takes over no device, be it revoked, not even as an admin', async () => {
    const { codeOf } = await rigWith({ anonymous: false })
    for (const user of ['anna', 'root']) {
      for (const device of ['b1', 'old']) expect(await codeOf(as(user, device))).toBe(2)
    }
  })
})

describe('who says nothing of themselves', () => {
  test('comes in only where anyone may', async () => {
    expect(await (await rigWith({ anonymous: false })).codeOf({})).toBe(5)
    const open = await rigWith({ anonymous: true })
    expect(await open.policy.admit(from())).toEqual({ ok: true, identity: { role: 'anonymous', name: '' } })
    expect(await open.codeOf({ username: '', password: '' })).toBe(0)
  })

  test('comes in through a proxy only where anyone may, not where this machine alone does', async () => {
    const { authenticator, codeOf } = await rigWith({ anonymous: true })
    const headers = { host: 'a', 'x-forwarded-for': '192.0.2.9' }
    expect(await codeOf({ headers })).toBe(0)
    const local = createPolicy({ authenticator, anonymous: true, isLocal: true })
    expect(await local.admit(from({ headers }))).toMatchObject({
      code: 5,
      reason: expect.stringMatching(/proxy.*npx sluice device add.*ALLOW_ANONYMOUS=true/),
    })
    expect(await local.admit(from({ headers: { host: 'a' } }))).toMatchObject({ ok: true })
    expect(await local.admit(from())).toMatchObject({ ok: true })
    expect(await local.admit(from({ ...as('b1'), headers }))).toMatchObject({ ok: true })
  })

  test('takes over no device, be it revoked', async () => {
    const { codeOf } = await rigWith({ anonymous: true })
    for (const clientId of ['b1', 'old']) expect(await codeOf({ clientId })).toBe(2)
    expect(await codeOf({ clientId: 'a/b' })).toBe(0)
  })

  test('comes in while the store is away, but not as a device that is known', async () => {
    const rig = await rigWith({ anonymous: true })
    await loggedIn(rig, 'b1')
    rig.state.away = true
    expect(await rig.codeOf({ clientId: 'never-seen' })).toBe(0)
    expect(await rig.codeOf({ clientId: 'b1' })).toBe(2)
  })
})

describe('credentials that are sent are judged, also where anyone may come', () => {
  test.each<readonly [string, Partial<ConnectRequest>]>([
    ['a wrong secret', { clientId: 'b1', username: 'b1', password: 'wrong' }],
    ['an unknown name', { username: 'none', password: 'x' }],
    ['a name without a secret', { username: 'b1' }],
    ['a name with an empty secret', { username: 'b1', password: '' }],
    ['a secret without a name', { password: 'b1-secret' }],
    ['a secret with an empty name', { username: '', password: 'b1-secret' }],
    ['a name that nobody can have', { username: 'a/b', password: 'x' }],
  ])('%s is refused with code 4', async (_, fields) => {
    const { codeOf } = await rigWith({ anonymous: true })
    expect(await codeOf(fields)).toBe(4)
  })

  test('with the store away and nothing known it is code 3: not now', async () => {
    const { codeOf, state } = await rigWith({ anonymous: true })
    state.away = true
    expect(await codeOf(as('b1'))).toBe(3)
    expect(await codeOf({ certificateName: 'b1', clientId: 'b1' })).toBe(3)
  })

  test('one too many at once is code 3: not now', async () => {
    const { codeOf, state } = await rigWith({ anonymous: false })
    const { promise, resolve } = createDeferred()
    state.hold = promise
    const codes = Array.from({ length: 1_003 }, (_, n) => codeOf({ username: 'b1', password: `guess${n}` }))
    resolve()
    expect((await Promise.all(codes)).filter((code) => code === 3)).toHaveLength(1)
  })
})

test('no refusal shows what was sent', async () => {
  const { policy } = await rigWith({ anonymous: false })
  const fields = { username: 'open', password: 'sesame', clientId: 'b1', certificateName: 'cert-name' }
  expect(JSON.stringify(await policy.admit(from(fields)))).not.toMatch(/open|sesame|b1|cert-name/)
})

test('what an identity may do is what the table says', async () => {
  const { policy } = await rigWith({ anonymous: false })
  const device = { role: 'device', name: 'b1' } as const
  expect(policy.mayPublish(device, 'sensors/b1/data')).toBe(true)
  expect(policy.mayPublish(device, 'sensors/b2/data')).toBe(false)
  expect(policy.mayRetain(device, 'devices/b1/status')).toBe(true)
  expect(policy.mayRetain(device, 'sensors/b1/data')).toBe(false)
  expect(policy.maySubscribe(device, 'devices/b1/#')).toBe(true)
  expect(policy.maySubscribe(device, 'devices/+/cmd')).toBe(false)
})

test('a client whose network sends guess after guess is not kept waiting by them in another network', async () => {
  const { state, policy } = await rigWith({ anonymous: false })
  const guess = (n: number) => from({ username: 'b1', password: `guess${n}`, address: '198.51.100.1' })
  const flood = Array.from({ length: 500 }, (_, n) => policy.admit(guess(n)))
  expect(await policy.admit(from({ ...as('b1'), address: '192.0.2.1' }))).toMatchObject({ ok: true })
  expect(state.hashed.length).toBeLessThan(50)
  await Promise.all(flood)
})

describe('another prefix of Home Assistant', () => {
  test('stands in the place of the usual one, for whole levels only', () => {
    const { authenticator } = accessRig()
    const policy = createPolicy({ authenticator, anonymous: false, discoveryPrefix: 'ha/one' })
    const wall = { role: 'dashboard', name: 'wall' } as const
    const may = (filter: string): boolean => policy.maySubscribe(wall, filter)
    expect(['ha/one/#', 'ha/one/+/+/config', 'sensors/#'].map(may)).toEqual([true, true, true])
    expect(['ha/#', 'ha/onerous/#', 'ha/+/x', '#'].map(may)).toEqual([false, false, false, false])
    expect(policy.mayPublish(wall, 'ha/one/status')).toBe(true)
    expect(policy.mayPublish(wall, 'homeassistant/status')).toBe(true)
    expect(policy.mayPublish(wall, 'ha/one/device/x/config')).toBe(false)
    expect(policy.mayRetain(wall, 'ha/one/status')).toBe(false)
  })
})
