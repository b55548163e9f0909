import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RunningFacade, startFacade } from '../support/facade-services.ts'
import { exchange, type Request } from '../support/http-exchange.ts'

const INDEX = '<!doctype html><title>Sluice</title>'
let folder: string
let running: RunningFacade
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'))
  await mkdir(join(folder, 'assets'))
  const write = (name: string, text: string) => writeFile(join(folder, name), text)
  await Promise.all([
    write('index.html', INDEX),
    write('index.html.br', 'packed with br'),
    write('index.html.gz', 'packed with gzip'),
    write('assets/main-1.js', 'export {}'),
    write('assets/main-1.js.gz', 'packed with gzip'),
    write('assets/notes.txt', 'no part of a page'),
    write('secret.txt', 'secret'),
  ])
  // A key, so that everything but the page asks for it.
  running = await startFacade({ pageFolder: folder, apiKey: 'key', nodeEnv: 'test' })
})
afterAll(async () => {
  await running.facade.stop()
  await rm(folder, { recursive: true })
})

const ask = (path: string, headers: Request['headers'] = {}) => exchange(running.url + path, { headers })

describe('the page', () => {
  test('is served at /, to everyone, and is asked for anew each time', async () => {
    const { status, headers, text } = await ask('/')
    expect([status, text]).toEqual([200, INDEX])
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      vary: 'Accept-Encoding',
    })
    const again = await ask('/', { 'if-none-match': String(headers.etag) })
    expect([again.status, again.text]).toEqual([304, ''])
  })

  test('may load and connect to nothing but this server', async () => {
    const { headers } = await ask('/', { host: 'hub.lan:3000' })
    const policy = String(headers['content-security-policy']).split('; ')
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("connect-src 'self' ws://hub.lan:3000 wss://hub.lan:3000")
    expect(policy.join()).not.toMatch(/unsafe|https?:|\*/)
  })

  test.each(['evil.example; script-src *', 'a b', "'unsafe-inline'"])(
    'does not take %j for a host of the policy',
    async (host) => {
      const { headers, status } = await ask('/', { host })
      if (status === 200) expect(headers['content-security-policy']).toContain("connect-src 'self';")
      else expect(status).toBe(400)
    },
  )

  test.each([
    ['br, gzip', 'br', 'packed with br'],
    ['gzip', 'gzip', 'packed with gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip', 'packed with gzip'],
    ['*', 'br', 'packed with br'],
    ['identity', undefined, INDEX],
    ['gzip;q=0', undefined, INDEX],
  ])('comes packed as the client takes it: %s', async (accepted, coding, text) => {
    const answer = await ask('/', { 'accept-encoding': accepted })
    expect([answer.headers['content-encoding'], answer.text]).toEqual([coding, text])
  })

  test('has files whose names change with what is in them: they are kept for ever', async () => {
    const { status, headers, text } = await ask('/assets/main-1.js')
    expect([status, text]).toEqual([200, 'export {}'])
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    expect((await ask('/assets/main-1.js', { 'accept-encoding': 'br' })).text).toBe('export {}')
  })

  test('can be asked for by HEAD', async () => {
    const { status, headers, text } = await exchange(`${running.url}/`, { method: 'HEAD' })
    expect([status, text, headers['content-length']]).toEqual([200, '', String(INDEX.length)])
  })

  test.each([
    '/assets/notes.txt',
    '/assets/main-1.js.gz',
    '/assets/..%2fsecret.txt',
    '/assets/',
    '/secret.txt',
    '/index.html',
  ])('holds no %s', async (path) => {
    const { status, json } = await ask(path)
    expect([status, json]).toEqual([404, { success: false, error: expect.stringContaining('Cannot GET') }])
  })

  test('that was not built is as unknown as any other path', async () => {
    for (const options of [{}, { pageFolder: join(folder, 'assets') }]) {
      const bare = await startFacade(options)
      const { status, json } = await exchange(`${bare.url}/`)
      await bare.facade.stop()
      expect([status, json]).toEqual([404, { success: false, error: 'Cannot GET /' }])
    }
  })
})
