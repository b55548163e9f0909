import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import {
  createPostgresCredentialChanges,
  type PostgresCredentialChangesOptions,
} from '../../bridge/stores/postgres-credential-changes.ts'
import { createPostgresCredentials } from '../../bridge/stores/postgres-credentials.ts'
import { credentialOf } from '../contracts/credential-store.ts'
import { createTcpProxy } from '../oracle/make-tcp-proxy.ts'
import type { TcpProxy } from '../oracle/tcp-proxy.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { emptyTables, type MigratedDatabase, migratedDatabase } from '../support/postgres-stores.ts'

const onCleanup = useCleanups()
let database: MigratedDatabase
let proxy: TcpProxy
let proxied: string
beforeAll(async () => {
  database = await migratedDatabase()
  const url = new URL(database.url)
  proxy = await createTcpProxy({ target: Number(url.port) })
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  proxied = url.href
})
beforeEach(async () => {
  proxy.heal()
  await emptyTables(database)
})
afterAll(async () => {
  await proxy.close()
  await database.drop()
})

const listen = (options: Partial<PostgresCredentialChangesOptions> = {}) => {
  const told: (string | undefined)[] = []
  const states: (boolean | string | undefined)[] = []
  const changes = createPostgresCredentialChanges({
    url: proxied,
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
  const { rows } = await database.pool.query(`SELECT ${OURS}`)
  return rows.length
}

test('after a connection that broke all may have changed, and it hears again', async () => {
  const { told, states, start } = listen()
  const credentials = createPostgresCredentials(database.pool)
  await start()
  expect(told).toEqual([])
  proxy.cut()
  await eventually(() => states.includes('STORE_UNAVAILABLE'))
  await credentials.add(credentialOf('unheard'))
  proxy.heal()
  await eventually(() => told.length === 1)
  await credentials.add(credentialOf('heard'))
  await eventually(() => told.length === 2)
  expect(told).toEqual([undefined, 'heard'])
  expect(states).toEqual([true, 'STORE_UNAVAILABLE', true])
})

test('a session that the server ends is made again', async () => {
  const { told, start } = listen()
  await start()
  await database.pool.query(`SELECT pg_terminate_backend(pid) ${OURS}`)
  await eventually(() => told.length === 1)
  expect(told).toEqual([undefined])
  expect(await backends()).toBe(1)
})

test('a network that falls silent is noticed', async () => {
  const { told, states, start } = listen({ keepaliveMs: 20, timeoutMs: 100 })
  await start()
  proxy.freeze()
  await eventually(() => states.includes('STORE_UNAVAILABLE'))
  proxy.heal()
  await eventually(() => told.length > 0)
  expect(told[0]).toBeUndefined()
})

test('a Postgres that is away at the start is no error: it listens when it comes, and all may have changed', async () => {
  proxy.cut()
  const { told, states, start } = listen()
  await start()
  expect(states).toEqual(['STORE_UNAVAILABLE'])
  proxy.heal()
  await eventually(() => told.length === 1)
  expect(told).toEqual([undefined])
  expect(states).toEqual(['STORE_UNAVAILABLE', true])
})

test('it stops while it connects, while it waits and while it listens, and leaves no session', async () => {
  proxy.freeze()
  const connecting = listen({ timeoutMs: 60_000 })
  const starting = connecting.start()
  await connecting.changes.stop()
  await starting
  proxy.cut()
  const waiting = listen({ random: () => 0.999_999 })
  await waiting.start()
  await waiting.changes.stop()
  proxy.heal()
  const listening = listen()
  await listening.start()
  expect(await backends()).toBe(1)
  await listening.changes.stop()
  await eventually(async () => (await backends()) === 0)
  expect(listening.told).toEqual([])
  expect(listening.states).toEqual([true])
})

test('no error of it shows the password', async () => {
  const url = new URL(proxied)
  url.password = 'hidden-secret'
  url.username = 'nobody-of-this-name'
  const errors: unknown[] = []
  const { start } = listen({ url: url.href, onListening: (_, error) => errors.push(error) })
  await start()
  expect(errors).toHaveLength(1)
  for (const error of errors) expect(String(error)).not.toContain('hidden-secret')
})
