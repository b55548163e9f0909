import { expect, test } from '@jest/globals'
import {
  createPostgresCredentialChanges,
  type PostgresCredentialChangesOptions,
} from '../../bridge/stores/postgres-credential-changes.ts'
import { createPostgresCredentials } from '../../bridge/stores/postgres-credentials.ts'
import { credentialOf } from '../contracts/credential-store.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { useProxiedDatabase } from '../support/proxied-database.ts'

const onCleanup = useCleanups()
const there = useProxiedDatabase()

const listen = (options: Partial<PostgresCredentialChangesOptions> = {}) => {
  const told: (string | undefined)[] = []
  const states: (boolean | string | undefined)[] = []
  const changes = createPostgresCredentialChanges({
    url: there().url,
    random: () => 0,
    onListening: (listening, error) => states.push(listening ? true : error?.code),
    ...options,
  })
  onCleanup(changes.stop)
  return { changes, told, states, start: () => changes.start((name) => void told.push(name)) }
}

/** Other tests have databases of their own on the same server. */
const OURS =
  "FROM pg_stat_activity WHERE application_name = 'sluice credentials' AND datname = current_database()"

const backends = async (): Promise<number> => {
  const { rows } = await there().database.pool.query(`SELECT ${OURS}`)
  return rows.length
}

test('after a connection that broke all may have changed, and it hears again', async () => {
  const { told, states, start } = listen()
  const credentials = createPostgresCredentials(there().database.pool)
  await start()
  expect(told).toEqual([])
  there().proxy.cut()
  await eventually(() => states.includes('STORE_UNAVAILABLE'))
  await credentials.add(credentialOf('unheard'))
  there().proxy.heal()
  await eventually(() => told.length === 1)
  await credentials.add(credentialOf('heard'))
  await eventually(() => told.length === 2)
  expect(told).toEqual([undefined, 'heard'])
  expect(states).toEqual([true, 'STORE_UNAVAILABLE', true])
})

test('a session that the server ends is made again', async () => {
  const { told, start } = listen()
  await start()
  await there().database.pool.query(`SELECT pg_terminate_backend(pid) ${OURS}`)
  await eventually(() => told.length === 1)
  expect(told).toEqual([undefined])
  expect(await backends()).toBe(1)
})

test('a network that falls silent is noticed', async () => {
  const { told, states, start } = listen({ keepaliveMs: 20, timeoutMs: 100 })
  await start()
  there().proxy.freeze()
  await eventually(() => states.includes('STORE_UNAVAILABLE'))
  there().proxy.heal()
  await eventually(() => told.length > 0)
  expect(told[0]).toBeUndefined()
})

test('a Postgres that is away at the start is no error: it listens when it comes, and all may have changed', async () => {
  there().proxy.cut()
  const { told, states, start } = listen()
  await start()
  expect(states).toEqual(['STORE_UNAVAILABLE'])
  there().proxy.heal()
  await eventually(() => told.length === 1)
  expect(told).toEqual([undefined])
  expect(states).toEqual(['STORE_UNAVAILABLE', true])
})

test('it stops while it connects, while it waits and while it listens, and leaves no session', async () => {
  there().proxy.freeze()
  const connecting = listen({ timeoutMs: 60_000 })
  const starting = connecting.start()
  await connecting.changes.stop()
  await starting
  there().proxy.cut()
  const waiting = listen({ random: () => 0.999_999 })
  await waiting.start()
  await waiting.changes.stop()
  there().proxy.heal()
  const listening = listen()
  await listening.start()
  expect(await backends()).toBe(1)
  await listening.changes.stop()
  await eventually(async () => (await backends()) === 0)
  expect(listening.told).toEqual([])
  expect(listening.states).toEqual([true])
})

test('no error of it shows the password', async () => {
  const url = new URL(there().url)
  url.password = 'hidden-secret'
  url.username = 'nobody-of-this-name'
  const errors: unknown[] = []
  const { start } = listen({ url: url.href, onListening: (_, error) => errors.push(error) })
  await start()
  expect(errors).toHaveLength(1)
  for (const error of errors) expect(String(error)).not.toContain('hidden-secret')
})
