import { describe, expect, test } from '@jest/globals'
import type { BridgeStats } from '../../../bridge/index.ts'
import { type HealthDeps, reportHealth } from '../../../src/health.ts'

const STATS: BridgeStats = {
  spoolBytes: 10,
  pendingBytes: 2,
  oldestSpooledMs: 0,
  missing: 0,
  waitingRows: 3,
  full: false,
  failing: false,
  latestAvailable: true,
  caches: {},
  boards: { buzzerPending: 0, buzzerUnsaved: 0, frames: 0, frameBytes: 0 },
}

const report = (given: Partial<HealthDeps> & { readonly state?: Partial<BridgeStats> } = {}) => {
  const { state = {}, ...deps } = given
  return reportHealth({
    stats: () => ({ ...STATS, ...state }),
    spoolMaxBytes: 100,
    connections: () => 4,
    listening: () => ({ http: 'http://127.0.0.1:1', mqtt: 'mqtt://127.0.0.1:2' }),
    database: undefined,
    redis: undefined,
    ...deps,
  })
}

describe('health', () => {
  test('of a program where all is well is live, ready and not degraded', async () => {
    const answer = await report({
      database: async () => ({ ok: true, message: 'connected', version: '18.1' }),
      redis: () => true,
    })
    expect(answer).toMatchObject({ live: true, ready: true, degraded: [] })
    expect(Object.keys(answer.parts)).toEqual(['broker', 'spool', 'database', 'redis'])
    expect(answer.parts.broker).toMatchObject({ ok: true, connections: 4, mqtt: 'mqtt://127.0.0.1:2' })
    expect(answer.parts.spool).toEqual({
      ok: true,
      message: 'takes rows',
      bytes: 10,
      maxBytes: 100,
      pendingBytes: 2,
      waitingRows: 3,
    })
  })

  test('of a program whose read replica is away is degraded, and goes on', async () => {
    const answer = await report({ replica: async () => ({ ok: false, message: 'away', version: null }) })
    expect(answer).toMatchObject({ ready: true, degraded: ['replica'] })
    expect((await report({})).parts.replica).toBeUndefined()
  })

  test('tells of the TLS ports when they are open', async () => {
    const addresses = { http: 'http://h:1', mqtt: 'mqtt://h:2', https: 'https://h:3', mqtts: 'mqtts://h:4' }
    expect((await report({ listening: () => addresses })).parts.broker).toMatchObject(addresses)
    expect(Object.keys((await report()).parts.broker ?? {})).not.toContain('https')
  })

  test('without Postgres and Redis names neither', async () => {
    expect(Object.keys((await report()).parts)).toEqual(['broker', 'spool'])
  })

  test('with Postgres or Redis away is degraded and ready all the same: acks go on', async () => {
    const answer = await report({
      database: async () => ({ ok: false, message: 'away', version: null }),
      redis: () => false,
    })
    expect(answer).toMatchObject({ live: true, ready: true, degraded: ['database', 'redis'] })
  })

  test('with a spool that is full, or cannot be written, is not ready', async () => {
    for (const state of [{ full: true }, { failing: true }]) {
      const answer = await report({ state })
      expect(answer).toMatchObject({ live: true, ready: false, degraded: ['spool'] })
      expect(answer.parts.spool?.message).not.toBe('takes rows')
    }
  })

  test('of a broker that does not listen is not ready', async () => {
    expect(await report({ listening: () => undefined })).toMatchObject({
      live: true,
      ready: false,
      degraded: ['broker'],
    })
  })
})

describe('health behind an external broker', () => {
  const addresses = { http: 'http://h:1', broker: 'mqtt://b:1883' }

  test('without it is degraded and ready: readings over HTTP are taken', async () => {
    const external = () => ({ ok: false, message: 'away', unacked: 0 })
    const answer = await report({ listening: () => addresses, external })
    expect(answer).toMatchObject({ ready: true, degraded: ['broker'] })
    expect(answer.parts.broker).toEqual({ ok: false, message: 'away', unacked: 0, ...addresses })
  })

  test('is not ready before its own ports are open', async () => {
    const external = () => ({ ok: true, message: 'connected' })
    expect(await report({ listening: () => undefined, external })).toMatchObject({ ready: false })
  })
})
