import { describe, expect, test } from '@jest/globals'
import { parseTopic } from '../../../bridge/core/topic.ts'
import { backoffMs } from '../../../mosquitto-compat/backoff.ts'
import { readBrokerUrl } from '../../../mosquitto-compat/broker-address.ts'
import { createEchoes } from '../../../mosquitto-compat/echoes.ts'
import { connackReason, networkReason, reasonOf } from '../../../mosquitto-compat/reasons.ts'
import {
  FILTERS,
  filtersFor,
  isCommand,
  isEchoed,
  probeTopic,
  readGrants,
  subscribePacket,
} from '../../../mosquitto-compat/subscriptions.ts'

describe('the address of a broker', () => {
  test.each([
    ['mqtt://broker.lan', { host: 'broker.lan', port: 1883, secure: false, shown: 'mqtt://broker.lan:1883' }],
    ['mqtts://[::1]:99', { host: '::1', port: 99, secure: true, shown: 'mqtts://[::1]:99' }],
    ['mqtts://b', { host: 'b', port: 8883, secure: true, username: undefined, password: undefined }],
    ['mqtt://me:a%40b@b', { username: 'me', password: 'a@b', shown: 'mqtt://b:1883' }],
  ])('%s', (url, expected) => {
    expect(readBrokerUrl(url)).toMatchObject(expected)
  })
})

describe('subscriptions', () => {
  test('are to every channel that the bridge takes in, and to nothing else', () => {
    const channels = FILTERS.map((filter) => parseTopic(filter.replace('+', 'a'))?.channel)
    expect([...channels].sort()).toEqual(
      ['buzzer-ack', 'buzzer-cmd', 'data', 'frame', 'heartbeat', 'register', 'status'].sort(),
    )
  })

  test('have MQTT 5 keep our own messages and what is retained, but not our probe', () => {
    const { subscriptions } = subscribePacket(5, filtersFor(5, 'sluice/x/probe', false), 1)
    expect(subscriptions[0]).toEqual({ topic: 'sensors/+/data', qos: 1, nl: true, rap: true, rh: 2 })
    expect(subscriptions.at(-1)).toMatchObject({ topic: 'sluice/x/probe', nl: false })
    expect(subscribePacket(4, filtersFor(4, 'p', false), 1).subscriptions[0]).toEqual({
      topic: 'sensors/+/data',
      qos: 1,
    })
  })

  test('are renewed at a 3.1.1 broker without the one that has it repeat the status of every board', () => {
    const all = [...FILTERS, 'p']
    expect([filtersFor(5, 'p', true), filtersFor(5, 'p', false), filtersFor(4, 'p', false)]).toEqual([
      all,
      all,
      all,
    ])
    expect(filtersFor(4, 'p', true)).toEqual(all.filter((filter) => filter !== 'devices/+/status'))
  })

  test('that are refused are named; without readings there is nothing to be a bridge for', () => {
    const filters = [...FILTERS, 'p']
    expect(readGrants(filters, [1, 1, 1, 1, 1, 1, 1, 1])).toEqual({
      refused: [],
      essential: true,
      probe: true,
    })
    expect(readGrants(filters, [0x87, 1, 1, 1, 1, 1, 1, 0x80])).toEqual({
      refused: [
        { filter: 'sensors/+/data', code: 0x87 },
        { filter: 'p', code: 0x80 },
      ],
      essential: false,
      probe: false,
    })
    // A SUBACK that is too short grants nothing more.
    expect(readGrants(filters, [1]).refused).toHaveLength(7)
  })

  test('know the topics that come back, and those where nothing may stay retained', () => {
    expect(
      ['devices/a/status', 'buzzer/a/cmd', 'sensors/a/data', 'devices/a/b/status'].map(isEchoed),
    ).toEqual([true, true, false, false])
    expect(['buzzer/a/cmd', 'devices/a/status'].map(isCommand)).toEqual([true, false])
    expect(probeTopic('a/b+c')).toBe('sluice/a_b_c/probe')
  })
})

describe('reasons', () => {
  test('say what to do', () => {
    expect(connackReason(5)).toContain('BROKER_URL')
    expect(connackReason(0x86)).toContain('BROKER_URL')
    expect(connackReason(0x87)).toContain('time/now')
    expect(connackReason(1)).toContain('BROKER_PROTOCOL')
    expect(connackReason(0x84)).toContain('BROKER_PROTOCOL')
    expect(connackReason(0xff)).toContain('0xff')
    expect(reasonOf(0x80)).toContain('rights')
    expect(reasonOf(0x8e)).toContain('BROKER_CLIENT_ID')
    expect(networkReason(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))).toContain('running')
    expect(networkReason(Object.assign(new Error(''), { code: 'EWHAT' }))).toBe('EWHAT')
  })
})

test('pauses double up to the most, and of each a random half', () => {
  const bounds = { minMs: 100, maxMs: 1_000 }
  expect([0, 1, 2, 3, 4, 100].map((attempt) => backoffMs(attempt, bounds, 1))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ])
  expect(backoffMs(2, bounds, 0)).toBe(200)
})

describe('echoes', () => {
  const status = Buffer.from('{"status":"offline"}')

  test('are taken once for each time they were published', () => {
    const echoes = createEchoes(() => 0, 10)
    expect(echoes.takes('devices/a/status', status)).toBe(false)
    echoes.published('devices/a/status', status.toString())
    echoes.published('devices/a/status', status.toString())
    expect(echoes.takes('devices/b/status', status)).toBe(false)
    expect([1, 2, 3].map(() => echoes.takes('devices/a/status', status))).toEqual([true, true, false])
  })

  test('are waited for a minute, and are bounded', () => {
    const time = { now: 0 }
    const echoes = createEchoes(() => time.now, 10_000)
    echoes.published('devices/a/status', status.toString())
    time.now = 60_000
    expect(echoes.takes('devices/a/status', status)).toBe(false)
    for (let index = 0; index <= 10_000; index += 1) echoes.published(`devices/${index}/status`, 'x')
    expect(echoes.takes('devices/0/status', Buffer.from('x'))).toBe(false)
    expect(echoes.takes('devices/10000/status', Buffer.from('x'))).toBe(true)
  })

  test('are waited for as long again after an outage as was left before it', () => {
    const time = { now: 0 }
    const echoes = createEchoes(() => time.now, 10)
    for (const topic of ['devices/a/status', 'devices/b/status']) echoes.published(topic, 'x')
    time.now = 50_000
    echoes.away()
    time.now = 500_000
    echoes.away()
    echoes.back()
    time.now += 9_999
    expect(echoes.takes('devices/a/status', Buffer.from('x'))).toBe(true)
    time.now += 1
    expect(echoes.takes('devices/b/status', Buffer.from('x'))).toBe(false)
  })
})
