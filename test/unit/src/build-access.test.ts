import { expect, test } from '@jest/globals'
import { type CredentialChanges, createMemoryCredentials } from '../../../bridge/index.ts'
import { buildAccess } from '../../../src/build-access.ts'
import { loadConfig } from '../../../src/load-config.ts'
import { createLog } from '../../../src/logging.ts'
import { settled } from '../../support/deferred.ts'

/** Sessions of the device b1 and the users anna and ben; who is told of a change is told by `tell`. */
const rig = async () => {
  const credentials = createMemoryCredentials({ clock: Date.now })
  let tell: Parameters<CredentialChanges['start']>[0] = () => {}
  const changes: CredentialChanges = {
    start: async (onChanged) => {
      tell = onChanged
    },
    stop: async () => undefined,
  }
  for (const [name, role] of [
    ['b1', 'device'],
    ['anna', 'operator'],
    ['ben', 'dashboard'],
  ] as const)
    await credentials.add({ name, role, secretHash: 'x' })
  const dropped: string[] = []
  const broker = {
    disconnect: () => 0,
    sessionOwners: async () => ['b1', 'anna', 'ben'].filter((name) => !dropped.includes(name)),
    dropSessions: (owner: string) => void dropped.push(owner),
  }
  const log = createLog({ level: 'silent' })
  const access = buildAccess(loadConfig({}, '/nowhere'), log, { credentials, changes })
  const devices = { remove: async () => false }
  await access.follow({ broker, facade: { disconnect: async () => undefined }, devices })
  const told = async (name: string | undefined): Promise<readonly string[]> => {
    tell(name)
    await settled()
    return dropped
  }
  return { credentials, told, stop: access.stop }
}

test('whose credential is removed keeps no session; whose is revoked or given a new secret does', async () => {
  const { credentials, told, stop } = await rig()
  await credentials.revoke('b1')
  await credentials.rotate('anna', 'y')
  expect([await told('b1'), await told('anna')]).toEqual([[], []])
  await credentials.remove('anna')
  expect(await told('anna')).toEqual(['anna'])
  await stop()
})

test('who was removed unheard keeps no session once all are looked at again', async () => {
  const { credentials, told, stop } = await rig()
  await credentials.revoke('b1')
  await credentials.remove('ben')
  expect(await told('anna')).toEqual([])
  expect(await told(undefined)).toEqual(['ben'])
  await stop()
})

test('of an empty table nobody loses a session: it is rather another database', async () => {
  const { credentials, told, stop } = await rig()
  for (const name of ['b1', 'anna', 'ben']) await credentials.remove(name)
  expect(await told(undefined)).toEqual([])
  expect(await told('b1')).toEqual(['b1'])
  await stop()
})
