import { expect, test } from '@jest/globals'
import type { Credential, CredentialRole } from '../../../../../bridge/index.ts'
import { mosquittoFiles } from '../../../../../src/cli/access/mosquitto-files.ts'

const credential = (name: string, role: CredentialRole, more: Partial<Credential> = {}): Credential => ({
  name,
  role,
  secretHash: 'scrypt$…',
  mosquittoHash: `$7$of-${name}`,
  createdAt: 1,
  rotatedAt: 1,
  revokedAt: null,
  ...more,
})

/** The lines of a user's block. */
const blockOf = (acl: string, name: string): readonly string[] =>
  acl
    .trimEnd()
    .split('\n\n')
    .map((block) => block.split('\n').filter((line) => !line.startsWith('#')))
    .find(([first]) => first === `user ${name}`)
    ?.slice(1) ?? []

test('a board has a line of passwords, and its rights by patterns alone', () => {
  const { passwd, acl, devices } = mosquittoFiles([credential('porch', 'device')])
  expect(passwd).toMatch(/^# .*\nporch:\$7\$of-porch\n$/)
  expect(acl).not.toContain('porch')
  expect(acl).toContain('\npattern write sensors/%u/data\n')
  expect(acl).toContain('\npattern read acks/%u/#\n')
  expect(devices).toBe(1)
})

test('a user has the rights of its role, without those of a board of its name', () => {
  const { acl, users } = mosquittoFiles([credential('wall', 'dashboard'), credential('me', 'admin')])
  expect(users).toBe(2)
  expect(blockOf(acl, 'wall')).toEqual([
    'topic deny sensors/wall/data',
    'topic deny devices/wall/register',
    'topic deny devices/wall/heartbeat',
    'topic deny devices/wall/status',
    'topic deny buzzer/wall/ack',
    'topic deny cameras/wall/frame',
    'topic write buzzer/+/cmd',
    'topic write homeassistant/status',
    'topic read sensors/#',
    'topic read devices/#',
    'topic read time/#',
    'topic read homeassistant/#',
  ])
  expect(blockOf(acl, 'me')).toEqual(['topic readwrite #', 'topic read $SYS/#'])
})

test('Sluice reads at Mosquitto what boards publish, and publishes what they read', () => {
  const lines = blockOf(mosquittoFiles([]).acl, 'sluice')
  expect(lines).toContain('topic read sensors/+/data')
  expect(lines).toContain('topic write acks/#')
  expect(lines).not.toContain('topic read #')
  expect(blockOf(mosquittoFiles([credential('link', 'bridge')]).acl, 'link')).toEqual(
    lines.map((line) => line.replace('/sluice/', '/link/')),
  )
})

test('nobody gets the rights of Sluice by its name alone', () => {
  for (const role of ['device', 'dashboard'] as const) {
    expect(mosquittoFiles([credential('sluice', role)]).acl).not.toContain('topic write acks/#')
  }
  const revoked = credential('sluice', 'bridge', { revokedAt: 5 })
  expect(mosquittoFiles([revoked]).acl).not.toContain('user sluice')
})

test.each([
  ['revoked', credential('a', 'device', { revokedAt: 5 })],
  ['name', credential('a:b', 'device')],
  ['name', credential(' a', 'admin')],
  ['name', credential('a\u2003', 'admin')],
] as const)('is left out for: %s', (reason, one) => {
  const { passwd, acl, leftOut } = mosquittoFiles([one])
  expect(leftOut).toEqual([{ credential: one, reason }])
  expect(passwd.split('\n')).toHaveLength(2)
  expect(acl).toBe(mosquittoFiles([]).acl)
})

test('who has no hash for Mosquitto yet is left out', () => {
  const { mosquittoHash: _, ...old } = credential('a', 'device')
  expect(mosquittoFiles([old]).leftOut).toEqual([{ credential: old, reason: 'no-hash' }])
})

test('what Home Assistant is told is under the prefix of the settings, its start where it always is', () => {
  const { acl } = mosquittoFiles([credential('wall', 'dashboard')], 'ha/one')
  expect(blockOf(acl, 'wall')).toEqual(
    expect.arrayContaining(['topic read ha/one/#', 'topic write homeassistant/status']),
  )
  expect(blockOf(acl, 'sluice')).toEqual(
    expect.arrayContaining(['topic write ha/one/device/+/config', 'topic read homeassistant/status']),
  )
})
