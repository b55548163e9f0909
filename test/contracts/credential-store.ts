import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { CredentialChanges, CredentialStore, NewCredential } from '../../bridge/core/credential.ts'
import { eventually } from '../support/eventually.ts'

/** A new, empty store, and who tells of its changes. */
export interface CredentialsUnderTest {
  readonly credentials: CredentialStore
  readonly changes: CredentialChanges
  cleanup(): Promise<void>
}

const ALL_ROLES = ['device', 'dashboard', 'operator', 'bridge', 'admin'] as const

/** A new credential of this name. */
export const credentialOf = (name: string, fields: Partial<NewCredential> = {}): NewCredential => ({
  name,
  role: 'device',
  secretHash: `scrypt$4096$8$1$salt$${name}`,
  ...fields,
})

/** What every CredentialStore, and the CredentialChanges beside it, must do. */
export const credentialStoreContract = (name: string, make: () => Promise<CredentialsUnderTest>): void => {
  describe(`${name} as a CredentialStore`, () => {
    let it: CredentialsUnderTest
    beforeEach(async () => {
      it = await make()
    })
    afterEach(() => it.cleanup())

    const names = async (roles: Parameters<CredentialStore['list']>[0]): Promise<readonly string[]> =>
      (await it.credentials.list(roles)).map((each) => each.name)

    test('is empty at first', async () => {
      expect(await it.credentials.get('a')).toBeUndefined()
      expect(await it.credentials.list(ALL_ROLES)).toEqual([])
      expect(await it.credentials.any()).toBe(false)
    })

    test('a credential comes back as it was added, good from now on', async () => {
      const whole = credentialOf('böard "☃" \\ 🛰', { label: 'Keller\t1', type: 'camera', role: 'device' })
      const bare = credentialOf('anna', { role: 'dashboard' })
      expect(await it.credentials.add(whole)).toBe(true)
      expect(await it.credentials.add(bare)).toBe(true)
      const found = await it.credentials.get(whole.name)
      expect(found).toEqual({
        ...whole,
        createdAt: expect.any(Number),
        rotatedAt: found?.createdAt,
        revokedAt: null,
      })
      expect(Number.isInteger(found?.createdAt)).toBe(true)
      expect(await it.credentials.get('anna')).toEqual({
        ...bare,
        createdAt: expect.any(Number),
        rotatedAt: expect.any(Number),
        revokedAt: null,
      })
      expect(await it.credentials.any()).toBe(true)
    })

    test('a name is taken once, by a device or a user, revoked or not, and compared exactly', async () => {
      const first = credentialOf('a')
      expect(await it.credentials.add(first)).toBe(true)
      expect(await it.credentials.add(credentialOf('a', { role: 'admin', secretHash: 'other' }))).toBe(false)
      expect(await it.credentials.revoke('a')).toBe(true)
      expect(await it.credentials.add(credentialOf('a', { secretHash: 'other' }))).toBe(false)
      expect(await it.credentials.get('a')).toMatchObject(first)
      expect(await it.credentials.add(credentialOf('A'))).toBe(true)
      expect(await it.credentials.add(credentialOf('a '))).toBe(true)
    })

    test('revoked it stays, revoking again changes nothing, and any good one is told from none', async () => {
      await it.credentials.add(credentialOf('a'))
      await it.credentials.revoke('a')
      const revoked = await it.credentials.get('a')
      expect(revoked?.revokedAt).toEqual(expect.any(Number))
      expect(await it.credentials.any()).toBe(false)
      expect(await it.credentials.revoke('a')).toBe(true)
      expect(await it.credentials.get('a')).toEqual(revoked)
      await it.credentials.add(credentialOf('b', { role: 'admin' }))
      expect(await it.credentials.any()).toBe(true)
    })

    test('a new secret takes the place of the old one and makes a revoked one good again', async () => {
      await it.credentials.add(credentialOf('a', { label: 'kept' }))
      await it.credentials.revoke('a')
      const before = await it.credentials.get('a')
      expect(await it.credentials.rotate('a', 'new hash')).toBe(true)
      const after = await it.credentials.get('a')
      expect(after).toEqual({
        ...before,
        secretHash: 'new hash',
        rotatedAt: expect.any(Number),
        revokedAt: null,
      })
      expect(after?.rotatedAt).toBeGreaterThanOrEqual(before?.createdAt ?? Number.NaN)
    })

    test('what a Mosquitto is handed is of the newest secret, or nothing', async () => {
      const hash = '$7$101$c2FsdA==$aGFzaA=='
      await it.credentials.add(credentialOf('a', { mosquittoHash: hash }))
      await it.credentials.add(credentialOf('b'))
      expect(await it.credentials.get('a')).toMatchObject({ mosquittoHash: hash })
      expect(await it.credentials.get('b')).not.toHaveProperty('mosquittoHash')
      await it.credentials.rotate('b', 'new', '$7$new')
      await it.credentials.revoke('b')
      expect(await it.credentials.list(['device'])).toMatchObject([
        { name: 'a', mosquittoHash: hash },
        { name: 'b', mosquittoHash: '$7$new' },
      ])
      await it.credentials.rotate('a', 'new')
      expect(await it.credentials.get('a')).not.toHaveProperty('mosquittoHash')
    })

    test('every role of the table can be held', async () => {
      for (const role of ALL_ROLES) await it.credentials.add(credentialOf(role, { role }))
      expect(await names(ALL_ROLES)).toEqual([...ALL_ROLES].sort())
    })

    test('removed it is gone, and its name is free', async () => {
      await it.credentials.add(credentialOf('a'))
      expect(await it.credentials.remove('a')).toBe(true)
      expect(await it.credentials.get('a')).toBeUndefined()
      expect(await it.credentials.any()).toBe(false)
      expect(await it.credentials.add(credentialOf('a'))).toBe(true)
    })

    test('of a name that is not there nothing is changed', async () => {
      expect(await it.credentials.rotate('a', 'hash')).toBe(false)
      expect(await it.credentials.revoke('a')).toBe(false)
      expect(await it.credentials.remove('a')).toBe(false)
      expect(await it.credentials.get('a')).toBeUndefined()
    })

    test('the list is of the roles asked for, by name', async () => {
      const devices = ['z', 'a', 'B', 'ä', '\ufb01', '😀']
      for (const each of devices) await it.credentials.add(credentialOf(each))
      await it.credentials.add(credentialOf('otto', { role: 'operator' }))
      await it.credentials.add(credentialOf('anna', { role: 'dashboard' }))
      await it.credentials.revoke('a')
      expect(await names(['device'])).toEqual(['B', 'a', 'z', 'ä', '\ufb01', '😀'])
      expect(await names(['operator', 'dashboard'])).toEqual(['anna', 'otto'])
      expect(await names([])).toEqual([])
    })

    test('whoever listens is told the name of each that is added, rotated, revoked or removed', async () => {
      const told: (string | undefined)[] = []
      await it.changes.start((changed) => void told.push(changed))
      await it.credentials.add(credentialOf('böard "1"'))
      await it.credentials.rotate('böard "1"', 'hash')
      await it.credentials.revoke('böard "1"')
      await it.credentials.remove('böard "1"')
      await it.credentials.remove('böard "1"')
      await it.credentials.add(credentialOf('last'))
      await eventually(() => told.includes('last'))
      expect(told).toEqual([...Array.from({ length: 4 }, () => 'böard "1"'), 'last'])
    })

    test('after the stop nobody is told, and both may be asked for twice', async () => {
      const told: unknown[] = []
      const tell = (changed: string | undefined): void => void told.push(changed)
      await Promise.all([it.changes.start(tell), it.changes.start(tell)])
      await it.credentials.add(credentialOf('a'))
      await eventually(() => told.length > 0)
      await Promise.all([it.changes.stop(), it.changes.stop()])
      await it.credentials.add(credentialOf('b'))
      expect(told).toEqual(['a'])
    })
  })
}
