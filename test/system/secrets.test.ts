/** Nothing that the running program says holds a secret: no log line, no answer, nothing it prints when it fails. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import pg from 'pg'
import { WebSocket } from 'ws'
import { hashSecret } from '../../src/access/secrets.ts'
import { freshDatabase } from '../support/database.ts'
import { basic } from '../support/doorkeeper.ts'
import { eventually } from '../support/eventually.ts'
import { exchange } from '../support/http-exchange.ts'
import { freshDataDir, runSluice, type Sluice, startSluice } from '../support/sluice.ts'

const KEY = 'k3y-of-the-api-1f7b'
const SECRET = 's3cret-of-anna-9d21'
const WRONG = 'wr0ng-guess-44c8'
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.f0rged-t0ken-77aa'
const REDIS = 'redis-passw0rd-5e0c'
const FACES = 'faces-passw0rd-b3d4'

const cleanups: (() => Promise<unknown>)[] = []
const secrets = new Map<string, string>()
/** Everything that was answered, headers and bodies. */
const answers: string[] = []
let sluice: Sluice

/** A secret in each form that text may hold it in. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('hex'),
]

const expectNoSecretIn = (where: string, text: string): void => {
  for (const [name, secret] of secrets)
    for (const form of formsOf(secret))
      expect([where, name, text.includes(form)]).toEqual([where, name, false])
}

const ask = async (
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  body = '',
) => {
  const answer = await exchange(sluice.http + path, {
    method,
    headers,
    ...(method === 'GET' ? {} : { body }),
  })
  answers.push(JSON.stringify(answer.headers), answer.text)
  return answer
}

/** Resolves with how it ended: what matters is what the program says of it. */
const openSocket = (path: string, origin?: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(
      sluice.http.replace('http', 'ws') + path,
      origin === undefined ? {} : { origin },
    )
    socket.on('unexpected-response', (_request, { statusCode }) => resolve(String(statusCode)))
    socket.on('error', () => resolve('error'))
    socket.on('message', (data) => {
      answers.push(String(data))
      socket.terminate()
      resolve('open')
    })
  })

const connectMqtt = async (username: string, password: string): Promise<void> => {
  const url = `mqtt://127.0.0.1:${sluice.mqttPort}`
  const client = mqtt.connect(url, { username, password, reconnectPeriod: 0 })
  await new Promise<void>((resolve) => {
    const done = (): void => resolve()
    client.once('connect', done).once('error', done).once('close', done)
  })
  await client.endAsync(true)
}

const addUser = async (): Promise<void> => {
  const client = new pg.Client({
    connectionString: await readFile(join(sluice.dataDir, 'postgres.url'), 'utf8'),
  })
  await client.connect()
  const hash = await hashSecret(SECRET)
  secrets.set('the hash of a secret', hash)
  const insert = "INSERT INTO credentials (name, role, secret_hash) VALUES ('anna', 'admin', $1)"
  await client.query(insert, [hash])
  await client.end()
}

beforeAll(async () => {
  const { dataDir, cleanup } = await freshDataDir()
  cleanups.push(cleanup)
  const given = { API_KEY: KEY, REDIS_URL: `redis://:${REDIS}@127.0.0.1:1` }
  const faces = { RECOGNITION_URL: `http://me:${FACES}@127.0.0.1:1` }
  const settings = { LOG_LEVEL: 'trace', NODE_ENV: 'development', ...given, ...faces }
  sluice = await startSluice({ DATA_DIR: dataDir, ...settings })
  cleanups.push(() => sluice.end('SIGTERM'))
  const known = { 'API key': KEY, 'user secret': SECRET, 'wrong secret': WRONG, 'forged token': TOKEN }
  for (const [name, secret] of Object.entries({ ...known, 'Redis password': REDIS, 'faces password': FACES }))
    secrets.set(name, secret)
  secrets.set('database password', (await readFile(join(dataDir, 'postgres.password'), 'utf8')).trim())
  await addUser()
}, 90_000)

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
}, 30_000)

const LOGINS: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'X-API-Key': KEY },
  { 'X-API-Key': WRONG },
  basic('anna', SECRET),
  basic('anna', WRONG),
  { Authorization: `Bearer ${TOKEN}` },
  { Authorization: `Digest ${WRONG}` },
]

test('a day of logins, right and wrong, by every way in, and of failures', async () => {
  // Side by side: answers to wrong ones are late.
  const asked = LOGINS.flatMap((headers) => [
    ...['/api/v1/devices', '/api/v1/buzzer/status/a', '/api/v1/nowhere', '/metrics', '/data/x.jpg'].map(
      (path) => ask(path, headers),
    ),
    ask('/api/v1/auth/token', headers, 'POST'),
    ask('/api/v1/ingest/sensor-data', { ...headers, 'Content-Type': 'application/json' }, 'POST', '{"x":'),
  ])
  await Promise.all(asked)
  const queries = [`apiKey=${KEY}`, `apiKey=${WRONG}`, `token=${TOKEN}`].flatMap((query) => [
    ...['/api/v1/devices', '/api/v1/nowhere', '/%zz'].map((path) => ask(`${path}?${query}`)),
    openSocket(`/?${query}`),
  ])
  await Promise.all(queries)
  expect(await openSocket(`/?apiKey=${KEY}`)).toBe('open')
  await openSocket(`/mqtt?apiKey=${KEY}`, 'https://evil.example')
  for (const password of [SECRET, WRONG, TOKEN, KEY]) await connectMqtt('anna', password)
  const issued = await exchange(`${sluice.http}/api/v1/auth/token`, {
    method: 'POST',
    headers: basic('anna', SECRET),
  })
  expect(issued.status).toBe(200)
  const { token } = issued.json as { token: string }
  secrets.set('an issued token', token)
  for (const path of ['/api/v1/devices', '/api/v1/nowhere', `/api/v1/system/status?token=${token}`])
    await ask(path, { Authorization: `Bearer ${token}` })
  await connectMqtt('anna', token)
  expect((await ask('/api/v1/devices', { 'X-API-Key': KEY })).status).toBe(200)
}, 60_000)

test('left no secret in its answers, /health and /metrics, nor in its description of itself', async () => {
  for (const path of [
    '/health',
    '/metrics',
    '/docs',
    '/docs/json',
    '/api/v1/openapi.json',
    '/api/v1/system/performance',
  ])
    expect((await ask(path, { 'X-API-Key': KEY })).status).toBe(200)
  expect(answers.length).toBeGreaterThan(100)
  expectNoSecretIn('the answers', answers.join('\n'))
})

test('left no secret in the log, which told of all of it', async () => {
  const turnedAway = sluice.log.filter(({ msg }) => msg === 'an HTTP request was turned away')
  expect(turnedAway.length).toBeGreaterThan(0)
  const key = await readFile(join(sluice.dataDir, 'token.key'))
  secrets.set('the key of tokens', key.toString('latin1').trim())
  secrets.set('the key of tokens in base64url', key.toString('base64url'))
  expectNoSecretIn('the log', sluice.log.map((line) => JSON.stringify(line)).join('\n'))
})

test('a database that takes no password is told of without it', async () => {
  const database = await freshDatabase()
  const { dataDir, cleanup } = await freshDataDir()
  cleanups.push(database.drop, cleanup)
  const url = new URL(database.url)
  url.username = 'nobody'
  url.password = WRONG
  const locked = await startSluice({
    DATA_DIR: dataDir,
    DATABASE_URL: url.href,
    LOG_LEVEL: 'trace',
    API_KEY: KEY,
  })
  cleanups.push(() => locked.end('SIGTERM'))
  await eventually(() => locked.log.some(({ msg }) => String(msg).startsWith('Postgres is not ready')))
  const health = await exchange(`${locked.http}/health`)
  expect(health.text).toContain('Postgres does not answer')
  expectNoSecretIn('its /health', health.text)
  expectNoSecretIn('its log', locked.log.map((line) => JSON.stringify(line)).join('\n'))
}, 60_000)

test('settings that cannot be used are told of without their secrets', async () => {
  const { code, stderr, log } = await runSluice({
    API_KEY: KEY,
    PORT: 'many',
    DATABASE_URL: `mysql://me:${SECRET}@127.0.0.1/db`,
    REDIS_URL: `redis://me:${REDIS}/${WRONG}@127.0.0.1`,
    RECOGNITION_URL: `ftp://me:${FACES}@127.0.0.1`,
  })
  expect([code, stderr]).toEqual([1, expect.stringContaining('DATABASE_URL')])
  expectNoSecretIn('standard error', `${stderr}\n${JSON.stringify(log)}`)
})
