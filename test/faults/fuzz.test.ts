/** Whatever comes in over HTTP: the process lives, the answer is the client's fault, nothing is written elsewhere. */
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { freshDatabase } from '../support/database.ts'
import { BAD_IDS, MARK } from '../support/fuzz-bodies.ts'
import { offencesOf, statusOf } from '../support/fuzz-client.ts'
import { FUZZ_ROUTES, fuzzRequest } from '../support/fuzz-requests.ts'
import { exchange } from '../support/http-exchange.ts'
import { rawHttp } from '../support/raw-http.ts'
import { fixture } from '../support/recordings.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

/** FUZZ_SEED repeats a run. */
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
const RUNS = 120
const JSON_TYPE = { 'Content-Type': 'application/json' }
const MIB = 2 ** 20
const cleanups: (() => Promise<unknown>)[] = []
let sluice: Sluice
let hasEnded = false
let before: readonly string[] = []

/** What the process can write to without leaving DATA_DIR, and where it would land if it did. */
const placesOutside = async (): Promise<readonly string[]> => {
  const parent = dirname(sluice.dataDir)
  const folders = [parent, tmpdir(), '/', '/tmp', process.cwd(), dirname(parent)]
  const marked = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))
  const escaped = folders.flatMap((folder, index) =>
    (marked[index] ?? []).filter((name) => name.includes(MARK)).map((name) => join(folder, name)),
  )
  return [...(await readdir(parent)), ...(await readdir(sluice.dataDir)).sort(), ...escaped]
}

const post = (path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = JSON_TYPE) =>
  exchange(`${sluice.http}/api/v1/${path}`, { method: 'POST', headers, body })

beforeAll(async () => {
  const database = await freshDatabase()
  const { dataDir, cleanup } = await freshDataDir()
  cleanups.push(database.drop, cleanup)
  sluice = await startSluice({
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    RATE_LIMIT_MAX: '1000000000',
    // What says that it was forwarded is to be looked into as well.
    ALLOW_ANONYMOUS: 'true',
    HOST: '127.0.0.1',
  })
  cleanups.push(() => sluice.end('SIGTERM'))
  void sluice.ended.then(() => {
    hasEnded = true
  })
  const headers = { 'Content-Type': 'image/jpeg', 'Device-ID': 'fuzz-1' }
  await exchange(`${sluice.http}/api/v1/stream/fast`, {
    method: 'POST',
    headers,
    body: fixture('frame-vga.jpg'),
  })
  before = await placesOutside()
}, 60_000)

afterEach(async () => {
  expect((await exchange(`${sluice.http}/health`)).status).toBe(200)
  expect(hasEnded).toBe(false)
  expect(sluice.log.filter(({ level }) => level === 'fatal')).toEqual([])
})

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
}, 30_000)

describe('a request that is wrong in a known way', () => {
  const JSON_ROUTES = FUZZ_ROUTES.filter(({ method }) => method === 'POST' || method === 'PATCH').filter(
    ({ path }) => !/record$|face$|fast$|stream$|complete/.test(path),
  )

  test.each(JSON_ROUTES.map(({ path }) => path.replace('/api/v1/', '').replace(':id', 'fuzz-1')))(
    'null to %s is answered 400',
    async (path) => {
      const { status, json } = await post(path, 'null')
      expect({ status, json }).toMatchObject({ status: 400, json: { success: false } })
    },
  )

  test('a Device-Capabilities header that is not JSON is answered 400', async () => {
    const headers = { 'Content-Type': 'image/jpeg', 'Device-ID': 'c', 'Device-Capabilities': 'camera,pan' }
    expect((await post('stream/stream', fixture('frame-small.jpg'), headers)).status).toBe(400)
  })

  test.each(BAD_IDS.filter((id) => /["/]/.test(id)))(
    'a camera that calls itself %j is refused',
    async (id) => {
      const headers = { 'Content-Type': 'image/jpeg', 'Device-ID': id }
      for (const path of ['stream/fast', 'stream/stream']) {
        const { status, json } = await post(path, fixture('frame-vga.jpg'), headers)
        expect({ status, json }).toMatchObject({ status: 400, json: { success: false } })
      }
    },
  )

  test.each([
    ['ingest/sensor-data', 51 * MIB, JSON_TYPE],
    ['devices/register', 51 * MIB, JSON_TYPE],
    ['buzzer/request', 51 * MIB, JSON_TYPE],
    ['stream/fast', 20 * MIB + 1, { 'Content-Type': 'image/jpeg' }],
    ['stream/stream', 51 * MIB, { 'Content-Type': 'image/jpeg' }],
    ['recognition/add-permitted-face', 51 * MIB, { 'Content-Type': 'multipart/form-data; boundary=b' }],
  ])(
    '%s answers 413 to %d bytes',
    async (path, size, headers) => {
      const isForm = path.includes('face')
      const head = isForm
        ? '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
        : '"'
      const tail = isForm ? '\r\n--b--\r\n' : '"'
      const body = Buffer.concat([Buffer.from(head), Buffer.alloc(size, 'x'), Buffer.from(tail)])
      for (const more of [{}, { 'Transfer-Encoding': 'chunked' }]) {
        const { status, json } = await post(path, body, { ...headers, ...more })
        expect({ status, json }).toMatchObject({
          status: 413,
          json: { success: false, error: expect.any(String) },
        })
      }
    },
    20_000,
  )

  test.each([
    ['an unknown charset', { 'Content-Type': 'application/json; charset=foo' }, '{}', 415],
    ['an unknown encoding', { ...JSON_TYPE, 'Content-Encoding': 'x-foo' }, '{}', 415],
    ['gzip that is none', { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, '{}', 400],
    [
      'gzip that is cut',
      { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
      gzipSync('{"a":1}').subarray(0, 15),
      400,
    ],
    ['a gzip bomb', { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, gzipSync(Buffer.alloc(80 * MIB, ' ')), 413],
    ['three thousand brackets', JSON_TYPE, '['.repeat(3_000), 400],
    ['bytes that are no text', JSON_TYPE, Buffer.from([0x22, 0xff, 0xfe, 0x22]), 400],
  ])(
    '%s is named as the problem',
    async (_name, headers, body, status) => {
      for (const path of [
        'devices/register',
        'ingest/sensor-data',
        'buzzer/request',
        'devices/fuzz-1/command',
      ])
        expect({ path, status: (await post(path, body, headers)).status }).toEqual({ path, status })
    },
    20_000,
  )
})

describe('bytes that are no HTTP', () => {
  const line = 'POST /api/v1/ingest/sensor-data HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  test.each([
    ['no request', 'garbage\r\n\r\n'],
    ['zeros', Buffer.alloc(1_000)],
    ['a TLS hello', Buffer.from('160301020001000501', 'hex')],
    ['an MQTT CONNECT', Buffer.from('100c00044d5154540402003c0000', 'hex')],
    ['a header without a colon', `${line}broken\r\n\r\n`],
    ['a header with a control character', `${line}X: a\u0000b\r\n\r\n`],
    ['a negative length', `${line}Content-Length: -1\r\n\r\n`],
    ['two lengths', `${line}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}`],
    ['length and chunks', `${line}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a chunk without a size', `${line}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`],
    ['an unknown transfer coding', `${line}Transfer-Encoding: gzip\r\n\r\n`],
    ['100 kB of headers', `${line}X: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['a path of 100 kB', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['3,000 headers', `${line}${'X: 1\r\n'.repeat(3_000)}\r\n`],
    ['no host', 'GET /health HTTP/1.1\r\n\r\n'],
    ['HTTP/9.9', 'GET /health HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['a raw way up', `GET /data/../../${MARK} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['a raw NUL in the path', 'GET /data/\u0000 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an unknown method', 'BREW /health HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a whole address as path', 'GET http://elsewhere/api/v1/devices HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a star', 'GET * HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['half a body', `${line}Content-Length: 100\r\n\r\n{"deviceId":`],
    ['half an upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
    ['an expectation', `${line}Expect: the-unexpected\r\nContent-Length: 2\r\n\r\n{}`],
  ])('%s: answered 2xx or 4xx, or closed', async (_name, bytes) => {
    const answer = await rawHttp(sluice.httpPort, bytes)
    expect(answer === '' || /^HTTP\/1\.1 [24]\d\d /.test(answer) ? 'fine' : answer).toBe('fine')
  })

  test(`${RUNS} handshakes of random headers, with random bytes after them`, async () => {
    const text = fc
      .string({ unit: 'binary-ascii', maxLength: 40 })
      .map((raw) => raw.replaceAll(/[\r\n]/g, ' '))
    const handshake = fc.record({
      path: fc.constantFrom('/', '/mqtt', '/ws', '//x', '/?apiKey=%', '/mqtt/../'),
      names: fc.array(fc.constantFrom('Key', 'Version', 'Protocol', 'Extensions'), { maxLength: 4 }),
      value: fc.oneof(
        text,
        fc.constantFrom('13', 'dGhlIHNhbXBsZSBub25jZQ==', 'mqtt', 'permessage-deflate; x='),
      ),
      after: fc.uint8Array({ maxLength: 200 }),
    })
    const answers: string[] = []
    const queue = fc.sample(handshake, { numRuns: RUNS, seed: SEED }).values()
    const worker = async (): Promise<void> => {
      for (const { path, names, value, after } of queue) {
        const headers = names.map((name) => `Sec-WebSocket-${name}: ${value}\r\n`).join('')
        const head = `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${headers}\r\n`
        answers.push(await rawHttp(sluice.httpPort, Buffer.concat([Buffer.from(head, 'latin1'), after])))
      }
    }
    await Promise.all(Array.from({ length: 50 }, worker))
    expect({ seed: SEED, wrong: answers.filter((one) => /^HTTP\/1\.1 5/.test(one)) }).toEqual({
      seed: SEED,
      wrong: [],
    })
    expect(answers).toHaveLength(RUNS)
  }, 20_000)
})

describe(`${RUNS} random requests`, () => {
  test.each(FUZZ_ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
    'to %s are all answered, with nothing worse than 503',
    async (_name, route) => {
      const requests = fc.sample(fuzzRequest(route), { numRuns: RUNS, seed: SEED })
      expect({ seed: SEED, offences: (await offencesOf(sluice.http, requests)).slice(0, 3) }).toEqual({
        seed: SEED,
        offences: [],
      })
    },
    30_000,
  )

  test('wrote nothing outside DATA_DIR, nor anything new beside its folders', async () => {
    expect(await placesOutside()).toEqual(before)
    expect(
      await statusOf(sluice.http, { method: 'GET', path: '/api/v1/devices', headers: {}, body: '' }, false),
    ).toBe(200)
  })
})
