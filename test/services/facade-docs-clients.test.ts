/** What a generator of clients makes of the API document, and whether its examples are true. */
import { expect, test } from '@jest/globals'
import { EXAMPLES } from '../../src/facade/docs/examples.ts'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { useCleanups } from '../support/cleanups.ts'
import { basic, createFakeDoorkeeper } from '../support/doorkeeper.ts'
import { deviceId } from '../support/facade-services.ts'
import { exchange } from '../support/http-exchange.ts'

const later = useCleanups()

interface Schema {
  readonly items?: Schema
  readonly type?: string | readonly string[]
  readonly required?: readonly string[]
  readonly properties?: { readonly [field: string]: Schema }
  readonly anyOf?: readonly Schema[]
}
type Content = { readonly [type: string]: { readonly schema: Schema; readonly example?: unknown } }
interface Operation {
  readonly operationId?: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: { readonly [status: string]: { readonly content: Content } }
}

const start = async () => {
  const doorkeeper = createFakeDoorkeeper({ me: 'dashboard' }, { anonymous: true })
  const exports = { open: async () => Promise.reject(new Error('none is asked for')), running: 0 }
  const facade = await startBridgedFacade({ deps: { doorkeeper, exports } })
  later(facade.stop)
  return facade
}

const documentOf = async (url: string) => (await exchange(`${url}/api/v1/openapi.json`)).json

const operationsOf = async (url: string): Promise<ReadonlyMap<string, Operation>> => {
  const { paths } = (await documentOf(url)) as { paths: Record<string, Record<string, Operation>> }
  const named = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) =>
        [`${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`, operation] as const,
    ),
  )
  return new Map(named)
}

const fieldsOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.slice(0, 1).map(fieldsOf)
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value
  return Object.entries(value).map(([field, inner]) => [field, fieldsOf(inner)])
}

test('every operation has a name of its own', async () => {
  const operations = Array.from(await operationsOf((await start()).url))
  const names = operations.map(([, { operationId }]) => operationId)
  expect(new Set(names).size).toBe(operations.length)
  for (const name of names) expect(name).toMatch(/^[a-z]+([A-Z][a-zA-Z]*)+$/)
  expect(names).toContain('getBuzzerStatusByDeviceId')
})

test('ids are text, and a JSON body says what it must hold', async () => {
  for (const [name, { requestBody, parameters = [] }] of await operationsOf((await start()).url)) {
    for (const { name: parameter, schema } of parameters) {
      const { type } = schema.items ?? schema
      if (/id$/i.test(parameter)) expect([name, parameter, type]).toEqual([name, parameter, 'string'])
    }
    const body = requestBody?.content['application/json']?.schema
    for (const schema of body === undefined ? [] : (body.anyOf?.slice(0, 1) ?? [body])) {
      expect([name, schema.required?.length]).toEqual([name, expect.any(Number)])
      const { deviceId } = schema.properties ?? {}
      if (deviceId !== undefined) expect([name, deviceId.type]).toEqual([name, 'string'])
    }
  }
})

test('a recording can be asked for without a body, and a picture says whose it is', async () => {
  const operations = await operationsOf((await start()).url)
  expect(operations.get('POST /api/v1/stream/record')).not.toHaveProperty('requestBody')
  for (const route of ['POST /api/v1/stream/fast', 'POST /api/v1/stream/stream']) {
    const headers = operations.get(route)?.parameters?.filter((one) => one.in === 'header')
    expect(headers?.map(({ name }) => name)).toContain('Device-ID')
  }
})

test('whole numbers are not taken for 32 bits', async () => {
  const text = JSON.stringify(await documentOf((await start()).url))
  expect(text).not.toContain(String(Number.MAX_SAFE_INTEGER))
  expect(text).toContain('"timestamp":{"type":"integer","format":"int64"}')
})

test('every route of the API tells its refusals and failures, as JSON', async () => {
  for (const [name, { responses }] of await operationsOf((await start()).url)) {
    if (!name.includes('/api/v1/')) continue
    expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(['4XX', '5XX'])])
    for (const [status, { content }] of Object.entries(responses)) {
      if (!status.startsWith('2')) expect([name, Object.keys(content)]).toEqual([name, ['application/json']])
    }
  }
})

test('pictures and films are there too, with their types', async () => {
  const operations = await operationsOf((await start()).url)
  const typesOf = (name: string) => Object.keys(operations.get(name)?.responses['200']?.content ?? {})
  expect(typesOf('GET /data/:file')).toEqual(['image/jpeg'])
  expect(typesOf('GET /recordings/:file')).toEqual(['video/mp4'])
})

test('the examples are in the document', async () => {
  const operations = await operationsOf((await start()).url)
  for (const [name, { body, answer }] of Object.entries(EXAMPLES)) {
    const operation = operations.get(name)
    expect([name, operation?.requestBody?.content['application/json']?.example]).toEqual([name, body])
    expect([name, operation?.responses['200']?.content['application/json']?.example]).toEqual([name, answer])
  }
})

test('every example is answered as it says, field by field in its order', async () => {
  const { url, bridge } = await start()
  const board = deviceId('esp32-multi-sensor-1')
  // A board with boot and seq, one of its readings missing.
  for (const seq of [1, 3]) await bridge.readings.ingest(board, { temperature: 25.3, boot: 'b1', seq })
  const queries: Record<string, string> = {
    'GET /api/v1/sensor-data': `?deviceId=${board}`,
    'GET /api/v1/history': `?deviceId=${board}`,
    'GET /api/v1/buzzer/status': `?deviceId=${board}`,
  }
  for (const [name, { body, answer }] of Object.entries(EXAMPLES)) {
    const [method = '', path = ''] = name.split(' ')
    const requestId = String((await bridge.buzzer.newest(board))?.id)
    const filled = path.replace(':deviceId', board).replace(':id', requestId)
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const headers = { 'Content-Type': 'application/json', ...(name.endsWith('/token') ? basic('me') : {}) }
    const { status, json } = await exchange(`${url}${filled}${queries[name] ?? ''}`, {
      method,
      headers,
      ...sent,
    })
    expect([name, status, fieldsOf(json)]).toEqual([name, 200, fieldsOf(answer)])
  }
})
