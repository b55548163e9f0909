/** Where this machine alone is let in without credentials, what a proxy on it hands on is not of this machine. */
import { afterEach, describe, expect, test } from '@jest/globals'
import WebSocket from 'ws'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { basic, createFakeDoorkeeper } from '../support/doorkeeper.ts'
import { NO_RECOGNITION } from '../support/facade-services.ts'
import { exchange } from '../support/http-exchange.ts'
import { cleanUp } from './broker-rig.ts'

type Headers = Readonly<Record<string, string>>

const cleanups: (() => unknown)[] = []
afterEach(() => cleanUp(cleanups))

const PROXIED: readonly Headers[] = [
  { Forwarded: 'for=192.0.2.1' },
  { 'X-Forwarded-For': '192.0.2.1' },
  { 'X-Forwarded-Host': 'hub.example' },
  { 'X-Forwarded-Proto': 'https' },
  { 'X-Real-IP': '192.0.2.1' },
  { Via: '1.1 proxy' },
]

/** `isLocal`: anonymous clients are let in as they are of this machine. */
const start = async (options: {
  readonly isLocal: boolean
  readonly apiKey?: string
  legacyOpen?: boolean
}) => {
  const warned: { readonly details: object; readonly message: string }[] = []
  const log = {
    warn: (details: object, message: string) => void warned.push({ details, message }),
    error: () => {},
  }
  const doorkeeper = createFakeDoorkeeper({ anna: 'admin', 'board-1': 'device' }, { anonymous: true })
  const { url, facade, stop } = await startBridgedFacade({
    deps: { doorkeeper, log, recognition: NO_RECOGNITION },
    options,
  })
  cleanups.push(stop)
  const statusOf = async (path: string, headers: Headers) => (await exchange(url + path, { headers })).status
  const socketStatus = (headers: Headers): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url.replace('http', 'ws'), { headers })
      cleanups.push(() => socket.terminate())
      socket.on('open', () => resolve(101))
      socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode ?? 0))
      socket.on('error', reject)
    })
  return { facade, url, warned, statusOf, socketStatus }
}

const DEVICES = '/api/v1/devices'
const POLL = '/api/v1/buzzer/status/board-1'

describe.each(PROXIED)('with %j', (proxied) => {
  test('a request without credentials is refused, told of and counted', async () => {
    const { facade, url, warned, statusOf } = await start({ isLocal: true })
    for (const path of [DEVICES, POLL, '/metrics']) {
      expect([path, await statusOf(path, {})]).toEqual([path, 200])
      expect([path, await statusOf(path, proxied)]).toEqual([path, 401])
    }
    expect(await statusOf('/health', proxied)).toBe(200)
    expect(facade.denied().forwarded).toBe(3)
    expect(warned[0]).toEqual({
      details: expect.objectContaining({ reason: 'forwarded', route: DEVICES }),
      message: expect.stringMatching(/proxy.*npx sluice user add.*API_KEY.*ALLOW_ANONYMOUS=true/),
    })
    expect((await exchange(url + DEVICES, { headers: proxied })).json).toMatchObject({
      success: false,
      error: expect.stringContaining('proxy'),
    })
  })

  test('an event socket without credentials is refused', async () => {
    const { socketStatus } = await start({ isLocal: true })
    expect([await socketStatus({}), await socketStatus(proxied)]).toEqual([101, 401])
    expect(await socketStatus({ ...proxied, ...basic('anna') })).toBe(101)
  })

  test('who has credentials, or comes where anyone is welcome, is let in', async () => {
    const local = await start({ isLocal: true })
    expect(await local.statusOf(DEVICES, { ...proxied, ...basic('anna') })).toBe(200)
    for (let again = 0; again < 2; again += 1)
      expect(await local.statusOf(POLL, { ...proxied, ...basic('board-1') })).toBe(200)
    expect(await local.statusOf(DEVICES, { ...proxied, ...basic('anna', 'wrong') })).toBe(401)
    const open = await start({ isLocal: false })
    expect(await open.statusOf(DEVICES, proxied)).toBe(200)
    expect(await open.statusOf(POLL, proxied)).toBe(200)
    expect(await open.socketStatus(proxied)).toBe(101)
  })
})

test('with an API key it is the key that counts, and LEGACY_OPEN goes on for boards', async () => {
  const { statusOf } = await start({ isLocal: true, apiKey: 'k-1', legacyOpen: true })
  const proxied = { Via: '1.1 proxy' }
  expect(await statusOf(DEVICES, { ...proxied, 'X-API-Key': 'k-1' })).toBe(200)
  expect(await statusOf(DEVICES, proxied)).toBe(401)
  expect(await statusOf(POLL, proxied)).toBe(200)
  expect([await statusOf('/metrics', {}), await statusOf('/metrics', proxied)]).toEqual([200, 401])
})
