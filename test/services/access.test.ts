import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createPostgresCredentialChanges } from '../../bridge/stores/postgres-credential-changes.ts'
import { createPostgresCredentials } from '../../bridge/stores/postgres-credentials.ts'
import { createPostgresPool } from '../../bridge/stores/postgres-pool.ts'
import { type AccessOptions, createAccess, hashSecret, makeSecret } from '../../src/access/index.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { useProxiedDatabase } from '../support/proxied-database.ts'

const onCleanup = useCleanups()
const there = useProxiedDatabase()

/** Access control over Postgres behind the proxy, told of changes; `operator` writes past the proxy. */
const start = async (options: Partial<AccessOptions> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-access-'))
  onCleanup(() => rm(folder, { recursive: true, force: true }))
  const pool = createPostgresPool({ url: there().url })
  onCleanup(() => pool.end())
  const access = createAccess(
    { credentials: createPostgresCredentials(pool), clock: Date.now },
    { anonymous: false, tokenKeyFile: join(folder, 'token.key'), restMs: 20, ...options },
  )
  const told: (string | undefined)[] = []
  const changes = createPostgresCredentialChanges({ url: there().url, random: () => 0 })
  await changes.start((name) => {
    access.authenticator.forget(name)
    told.push(name)
  })
  onCleanup(changes.stop)
  const operator = createPostgresCredentials(there().database.pool)
  const add = async (name: string, role: 'device' | 'admin' = 'device'): Promise<string> => {
    const secret = makeSecret()
    await operator.add({ name, role, secretHash: await hashSecret(secret) })
    return secret
  }
  return { ...access, told, operator, add }
}

test('a device comes in as soon as it is added, and is out as soon as it is revoked', async () => {
  const { authenticator, operator, add } = await start()
  const { login } = authenticator
  expect(await login({ name: 'b1', secret: 'x' })).toEqual({ ok: false, reason: 'bad-credentials' })
  const secret = await add('b1')
  const { identity } = await eventually(async () => {
    const answer = await login({ name: 'b1', secret })
    return answer.ok && answer
  })
  expect(await authenticator.isCurrent(identity)).toBe(true)
  await operator.revoke('b1')
  await eventually(async () => !(await authenticator.isCurrent(identity)))
  expect(await login({ name: 'b1', secret })).toEqual({ ok: false, reason: 'bad-credentials' })
})

test('a storm of boards that all come back is let in whole, and hashes each pair once', async () => {
  const { authenticator, told, add } = await start()
  const names = Array.from({ length: 40 }, (_, n) => `b${n}`)
  const secrets = await Promise.all(names.map((name) => add(name)))
  await eventually(() => names.every((name) => told.includes(name)))
  const storm = Array.from({ length: 5_000 }, (_, n) =>
    authenticator.login({ name: names[n % 40] ?? '', secret: secrets[n % 40] ?? '' }),
  )
  const answers = await Promise.all(storm)
  const refused = answers.flatMap((each) => (each.ok ? [] : each.reason))
  expect(refused).toEqual([])
  expect(authenticator.stats()).toMatchObject({ accepted: 5_000, hashed: 40, waiting: 0 })
  expect(authenticator.stats().cache.size).toBe(40)
})

test('with Postgres away who was in comes back, others are told to come later, and what was missed counts after it', async () => {
  const { authenticator, told, operator, add } = await start()
  const known = await add('known')
  const revoked = await add('revoked')
  const other = await add('other')
  await eventually(() => told.includes('other'))
  const { login } = authenticator
  expect(await login({ name: 'known', secret: known })).toMatchObject({ ok: true })
  expect(await login({ name: 'revoked', secret: revoked })).toMatchObject({ ok: true })
  there().proxy.cut()
  authenticator.forget(undefined)
  expect(await login({ name: 'known', secret: known })).toMatchObject({ ok: true })
  expect(await login({ name: 'other', secret: other })).toEqual({ ok: false, reason: 'unavailable' })
  expect(await authenticator.isDevice('known')).toBe(true)
  await operator.revoke('revoked')
  there().proxy.heal()
  await eventually(() => told.includes(undefined))
  await eventually(async () => {
    const answer = await login({ name: 'revoked', secret: revoked })
    return !answer.ok && answer.reason === 'bad-credentials'
  })
  await eventually(async () => (await login({ name: 'other', secret: other })).ok)
})

test('a Postgres that hangs keeps nobody out who was in', async () => {
  const { authenticator, add } = await start({ timeoutMs: 200 })
  const secret = await add('b1')
  await eventually(async () => (await authenticator.login({ name: 'b1', secret })).ok)
  there().proxy.freeze()
  authenticator.forget(undefined)
  expect(await authenticator.login({ name: 'b1', secret })).toMatchObject({ ok: true })
  expect(await authenticator.login({ name: 'b2', secret })).toEqual({ ok: false, reason: 'unavailable' })
  there().proxy.heal()
})

test('the broker is told who comes: the device under its id, with secret, token or certificate', async () => {
  const { authenticator, policy, tokens, told, operator, add } = await start()
  const secret = await add('b1')
  const rootSecret = await add('root', 'admin')
  await eventually(() => told.includes('root'))
  const ask = { address: '127.0.0.1', username: undefined, password: undefined, certificateName: undefined }
  const b1 = { ok: true, identity: { role: 'device', name: 'b1' } }
  expect(await policy.admit({ ...ask, clientId: 'b1', username: 'b1', password: secret })).toEqual(b1)
  expect(await policy.admit({ ...ask, clientId: 'b1', certificateName: 'b1' })).toEqual(b1)
  expect(await policy.admit({ ...ask, clientId: 'b1' })).toMatchObject({ code: 5 })
  const root = await authenticator.login({ name: 'root', secret: rootSecret })
  const issued = root.ok ? await tokens.issue(root.identity) : undefined
  const withToken = { ...ask, username: 'root', password: issued?.token ?? '' }
  expect(await policy.admit({ ...withToken, clientId: 'page' })).toMatchObject({
    ok: true,
    identity: { role: 'admin', name: 'root', expiresAt: issued?.expiresAt },
  })
  expect(await policy.admit({ ...withToken, clientId: 'b1' })).toMatchObject({ code: 2 })
  await operator.remove('root')
  await eventually(async () => !(await policy.admit({ ...withToken, clientId: 'page' })).ok)
})
