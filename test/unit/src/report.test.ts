import { beforeEach, describe, expect, test } from '@jest/globals'
import { createBridgeEmitter } from '../../../bridge/index.ts'
import { createBrokerEmitter } from '../../../broker/index.ts'
import { createLog, limitRate } from '../../../src/logging.ts'
import { reportEvents } from '../../../src/report.ts'

interface Line {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

const createRig = () => {
  const lines: Line[] = []
  const time = { now: 0 }
  const log = createLog({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const [bridge, broker] = [createBridgeEmitter(), createBrokerEmitter()]
  reportEvents({
    log,
    limited: limitRate(log, { perMs: 1_000, clock: () => time.now }),
    bridge,
    broker,
  })
  return { lines, time, bridge, broker }
}

let rig = createRig()
beforeEach(() => {
  rig = createRig()
})

test('an outage of Postgres is told once in a while, and its end', () => {
  const error = new Error('refused')
  for (let attempt = 0; attempt < 100; attempt += 1) rig.bridge.emit('drain:failed', { error, retryInMs: 5 })
  rig.time.now += 1_000
  rig.bridge.emit('drain:failed', { error, retryInMs: 5 })
  rig.bridge.emit('drain:recovered', { outageMs: 1_000.4 })
  expect(rig.lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'info'])
  expect(rig.lines[0]).toMatchObject({ error: 'refused', retryInMs: 5 })
  expect(rig.lines[1]).toMatchObject({ suppressed: 99 })
  expect(rig.lines[2]).toMatchObject({ outageMs: 1_000 })
})

test('a storm of bad messages is a line a reason', () => {
  for (const reason of ['bad-json', 'too-large', 'bad-json', 'bad-json'] as const)
    rig.bridge.emit('message:rejected', { reason, detail: 'd', topic: 't', deviceId: null })
  expect(rig.lines.map(({ reason }) => reason)).toEqual(['bad-json', 'too-large'])
})

test('what is lost is an error with the number lost so far; a ring that makes room is not', () => {
  rig.bridge.emit('message:dropped', { reason: 'spool-full-qos0', count: 3 })
  rig.bridge.emit('message:dropped', { reason: 'spool-full-qos0', count: 4 })
  rig.time.now += 1_000
  rig.bridge.emit('message:dropped', { reason: 'spool-full-qos0', count: 5 })
  rig.bridge.emit('message:dropped', { reason: 'store-off-full', count: 6 })
  expect(rig.lines).toMatchObject([
    { level: 'error', total: 3 },
    { level: 'error', total: 12 },
    { level: 'info', total: 6 },
  ])
})

test('the bound of the spool, its failures and its damage are errors', () => {
  rig.bridge.emit('spool:full', { full: true, bytes: 10 })
  rig.bridge.emit('spool:full', { full: false, bytes: 9 })
  rig.bridge.emit('spool:failed', { error: 'ENOSPC', retryInMs: 1 })
  rig.bridge.emit('spool:damaged', { lostRows: 2, detail: 'torn' })
  expect(rig.lines.map(({ level }) => level)).toEqual(['error', 'info', 'error', 'error'])
})

test('what becomes of frames and buzzer history is told once in a while', () => {
  for (let i = 0; i < 10; i += 1) {
    rig.bridge.emit('frame:refused', { deviceId: null, reason: 'disk' })
    rig.bridge.emit('frames:failed', { error: new Error('ENOSPC') })
    rig.bridge.emit('buzzer:failed', { error: new Error('away') })
    rig.bridge.emit('buzzer:dropped', { count: 1 })
  }
  expect(rig.lines.map(({ level }) => level)).toEqual(['warn', 'error', 'warn', 'error'])
})

test('connections closed for an error are told by kind of error', () => {
  for (const message of ['read ECONNRESET', 'read ECONNRESET', 'bad packet'])
    rig.broker.emit('client:error', { clientId: 'a', address: '::1', error: new Error(message) })
  expect(rig.lines.map(({ error }) => error)).toEqual(['read ECONNRESET', 'bad packet'])
})

describe('no line', () => {
  test('holds a password of an error', () => {
    const error = new Error('connect postgres://user:hunter2@db/x failed')
    rig.bridge.emit('drain:failed', { error, retryInMs: 1 })
    rig.bridge.emit('latest:store', { available: false, error: new Error('redis://:hunter2@r:6379 is away') })
    rig.bridge.emit('devices:failed', { error })
    rig.bridge.emit('bridge:error', { error, where: 'x' })
    rig.broker.emit('broker:error', { error })
    expect(rig.lines).toHaveLength(5)
    expect(JSON.stringify(rig.lines)).not.toContain('hunter2')
  })

  test('is written for what is well and comes often', () => {
    rig.bridge.emit('readings:taken', { count: 1 })
    rig.bridge.emit('spool:committed', { rows: 1, bytes: 1, fsyncMs: 1 })
    rig.bridge.emit('drain:stored', { readings: 1, deadLetters: 0, bytes: 1, ms: 1, lagMs: 9, waiting: 0 })
    rig.broker.emit('client:connected', { clientId: 'a', address: '::1' })
    expect(rig.lines).toEqual([])
  })
})

test('handshakes that fail are a line a kind, with the address', () => {
  for (const code of ['ECONNRESET', 'ERR_TLS_HANDSHAKE_TIMEOUT', 'ECONNRESET'])
    rig.broker.emit('tls:failed', { address: '10.0.0.9', code })
  expect(rig.lines.map(({ level, port, address, code }) => [level, port, address, code])).toEqual([
    ['warn', 'mqtts', '10.0.0.9', 'ECONNRESET'],
    ['warn', 'mqtts', '10.0.0.9', 'ERR_TLS_HANDSHAKE_TIMEOUT'],
  ])
})
