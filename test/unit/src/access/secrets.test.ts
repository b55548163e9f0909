import { pbkdf2Sync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import {
  hashForMosquitto,
  hashSecret,
  isSecretOf,
  makeDummyHash,
  makeSecret,
  newSecret,
} from '../../../../src/access/secrets.ts'

test('a secret fits its hash and no other one does', async () => {
  const secret = makeSecret()
  const secretHash = await hashSecret(secret)
  expect(await isSecretOf(secret, secretHash)).toBe(true)
  expect(await isSecretOf(makeSecret(), secretHash)).toBe(false)
  expect(await isSecretOf('', secretHash)).toBe(false)
  expect(await isSecretOf(secret.toUpperCase(), secretHash)).toBe(secret === secret.toUpperCase())
})

test('a secret is 32 hexadecimal digits, and no hash shows it or comes twice', async () => {
  const secret = makeSecret()
  expect(secret).toMatch(/^[0-9a-f]{32}$/)
  expect(makeSecret()).not.toBe(secret)
  const [one, other] = [await hashSecret(secret), await hashSecret(secret)]
  expect(one).not.toBe(other)
  expect(one).not.toContain(secret)
})

test('what Mosquitto is given is PBKDF2 with SHA-512, in its form, and never comes twice', async () => {
  const hash = await hashForMosquitto('secret')
  const [, kind, iterations, salt = '', derived] = hash.split('$')
  expect([kind, iterations]).toEqual(['7', '101'])
  const bytes = Buffer.from(salt, 'base64')
  expect(bytes).toHaveLength(12)
  expect(pbkdf2Sync('secret', bytes, 101, 64, 'sha512').toString('base64')).toBe(derived)
  expect(await hashForMosquitto('secret')).not.toBe(hash)
})

test('both hashes of a new secret are of it', async () => {
  const { secret, secretHash, mosquittoHash } = await newSecret()
  expect(await isSecretOf(secret, secretHash)).toBe(true)
  const [, , , salt = '', derived] = mosquittoHash.split('$')
  const again = pbkdf2Sync(secret, Buffer.from(salt, 'base64'), 101, 64, 'sha512')
  expect(again.toString('base64')).toBe(derived)
})

test('the hash that stands for unknown names has the form and the cost of a real one, and fits nothing', async () => {
  const shape = (hash: string): readonly (string | number)[] =>
    hash.split('$').map((part, index) => (index < 4 ? part : part.length))
  expect(shape(makeDummyHash())).toEqual(shape(await hashSecret('a')))
  expect(await isSecretOf('', makeDummyHash())).toBe(false)
})

test.each([
  '',
  'plain',
  'bcrypt$4096$8$1$c2FsdA$aGFzaA',
  'scrypt$4096$8$1$c2FsdA$dG9vc2hvcnQ',
  `scrypt$4095$8$1$c2FsdA$${'A'.repeat(43)}`,
  `scrypt$4096$0$1$c2FsdA$${'A'.repeat(43)}`,
  `scrypt$-4096$8$1$c2FsdA$${'A'.repeat(43)}`,
  `scrypt$1.5$8$1$c2FsdA$${'A'.repeat(43)}`,
  `scrypt$1073741824$8$1$c2FsdA$${'A'.repeat(43)}`,
  `scrypt$x$8$1$c2FsdA$${'A'.repeat(43)}`,
])('a hash that is none of ours fits nothing: %s', async (hash) => {
  expect(await isSecretOf('secret', hash)).toBe(false)
})
