import { expect, test } from '@jest/globals'
import { createMemoryCredentials } from '../../../../bridge/stores/memory-credentials.ts'
import { credentialOf, credentialStoreContract } from '../../../contracts/credential-store.ts'

credentialStoreContract('memory', async () => {
  const credentials = createMemoryCredentials({ clock: Date.now })
  return { credentials, changes: credentials.changes, cleanup: credentials.changes.stop }
})

test('times are those of the clock', async () => {
  let now = 1_000
  const credentials = createMemoryCredentials({ clock: () => now })
  await credentials.add(credentialOf('a'))
  now = 2_000
  await credentials.rotate('a', 'hash')
  now = 3_000
  await credentials.revoke('a')
  now = 4_000
  await credentials.revoke('a')
  expect(await credentials.get('a')).toMatchObject({ createdAt: 1_000, rotatedAt: 2_000, revokedAt: 3_000 })
})
