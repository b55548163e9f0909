import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { OPERATIONS } from '../../src/facade/docs/operations.ts'
import { type RunningFacade, startFacade } from '../support/facade-services.ts'
import { exchange } from '../support/http-exchange.ts'

interface Media {
  readonly schema: { readonly [keyword: string]: unknown }
}
interface Documented {
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly security?: readonly unknown[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly requestBody?: { readonly content: { readonly [type: string]: Media } }
  readonly responses: {
    readonly [status: string]: { readonly description: string; readonly content?: object }
  }
}
interface OpenApi {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: { readonly [path: string]: { readonly [method: string]: Documented } }
  readonly components: { readonly securitySchemes?: object }
}

let open: RunningFacade
let keyed: RunningFacade
beforeAll(async () => {
  open = await startFacade({ version: '1.2.3' })
  keyed = await startFacade({ apiKey: 'k-1', legacyOpen: true })
})
afterAll(() => Promise.all([open.facade.stop(), keyed.facade.stop()]))

const read = async ({ url }: RunningFacade): Promise<OpenApi> =>
  (await exchange(`${url}/api/v1/openapi.json?apiKey=k-1`)).json as OpenApi

const operationsOf = ({ paths }: OpenApi) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const url = path.replace(/\{(\w+)\}/g, ':$1')
      return { name: `${method.toUpperCase()} ${url}`, path, operation }
    }),
  )

describe('the API document', () => {
  test('is OpenAPI 3.1 of this version', async () => {
    expect(await read(open)).toMatchObject({ openapi: '3.1.0', info: { title: 'Sluice', version: '1.2.3' } })
  })

  test('has every route, each with a summary and a tag, and describes none that is not there', async () => {
    const operations = operationsOf(await read(open))
    expect(operations.map(({ name }) => name).toSorted()).toEqual(Object.keys(OPERATIONS).toSorted())
    for (const { name, operation } of operations) {
      expect([name, operation.summary, operation.tags?.length]).toEqual([name, expect.any(String), 1])
    }
  })

  test('names every parameter of a path, and a meaning and a shape for every status', async () => {
    for (const { name, path, operation } of operationsOf(await read(open))) {
      const inPath = (operation.parameters ?? []).filter((one) => one.in === 'path' && one.required)
      expect([name, inPath.map((one) => `{${one.name}}`)]).toEqual([name, path.match(/\{\w+\}/g) ?? []])
      for (const [status, response] of Object.entries(operation.responses)) {
        expect([name, status]).toEqual([name, expect.stringMatching(/^[2-5](\d\d|XX)$/)])
        expect([name, response.description]).toEqual([
          name,
          expect.not.stringMatching(/^(Default Response)?$/),
        ])
        expect([name, status, Object.keys(response.content ?? {})]).not.toEqual([name, status, []])
      }
    }
  })

  test('leaves no body without a shape, and tells pictures and forms by their type', async () => {
    const operations = operationsOf(await read(open))
    for (const { name, operation } of operations) {
      for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
        expect([name, type, Object.keys(schema)]).not.toEqual([name, type, []])
      }
    }
    const typesOf = (wanted: string) =>
      Object.keys(operations.find(({ name }) => name === wanted)?.operation.requestBody?.content ?? {})
    expect(typesOf('POST /api/v1/stream/fast')).toEqual([
      'image/jpeg',
      'application/octet-stream',
      'multipart/form-data',
    ])
    expect(typesOf('POST /api/v1/recognition/add-permitted-face')).toEqual(['multipart/form-data'])
    expect(typesOf('POST /api/v1/ingest/sensor-data')).toEqual(['application/json'])
  })

  test('holds no reference that leads nowhere', async () => {
    expect(JSON.stringify(await read(open))).not.toContain('"$ref"')
  })

  test('says which routes demand the key, once one is set', async () => {
    const without = await read(open)
    expect(Object.keys(without.components.securitySchemes ?? {})).toEqual(['basic', 'bearer'])
    const asked = operationsOf(without).filter(({ operation }) => operation.security !== undefined)
    expect(asked.map(({ name }) => name)).toEqual(['POST /api/v1/auth/token'])
    expect(asked[0]?.operation.security).toEqual([{ basic: [] }])
    const operations = operationsOf(await read(keyed))
    const guarded = operations.filter(({ operation }) => operation.security !== undefined)
    const names = guarded.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['GET /api/v1/devices', 'GET /data/:file']))
    expect(names).not.toContain('POST /api/v1/ingest/sensor-data')
    expect(names).not.toContain('GET /health')
    for (const { operation } of guarded) {
      expect(operation.responses).toMatchObject({ 401: expect.anything(), 403: expect.anything() })
    }
    expect(operations.find(({ name }) => name === 'GET /api/v1/devices')?.operation.security).toEqual([
      { basic: [] },
      { bearer: [] },
      { header: [] },
      { query: [] },
    ])
  })

  test('demands the key itself, as everything under /api/v1, and never tells it', async () => {
    expect((await exchange(`${keyed.url}/api/v1/openapi.json`)).status).toBe(401)
    expect(JSON.stringify(await read(keyed))).not.toContain('k-1')
  })
})

describe('the page of the API document', () => {
  test.each(['/docs', '/docs/', '/DOCS/'])('%s loads everything from this server', async (path) => {
    const { status, text, headers } = await exchange(keyed.url + path)
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toMatch(/^default-src 'self';/)
    expect(text).not.toMatch(/https?:\/\//)
    const links = Array.from(text.matchAll(/(?:src|href)="([^"]+)"/g), ([, link = '']) => link)
    expect(links.length).toBeGreaterThan(3)
    for (const link of links) {
      const loaded = await exchange(new URL(link, keyed.url + path).href)
      expect([link, loaded.status, loaded.bytes.length > 0]).toEqual([link, 200, true])
    }
  })

  test('reads the document without a key', async () => {
    const { status, json } = await exchange(`${keyed.url}/docs/json`)
    expect([status, (json as OpenApi).openapi]).toEqual([200, '3.1.0'])
  })

  test.each(['/docs/nope', '/docs/static/..%2fpackage.json', '/docsx'])('is not %s', async (path) => {
    const { status, json } = await exchange(keyed.url + path)
    expect([status, json]).toEqual([404, { success: false, error: `Cannot GET ${path}` }])
  })
})
