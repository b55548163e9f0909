import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  type ConnectionEvents,
  createLiveClient,
  type Login,
  matchesFilter,
} from '../../../../../src/dashboard/live/live-client.ts'
import { retryDelay } from '../../../../../src/dashboard/live/retry-delay.ts'
import { bytes } from '../devices.ts'

interface Dialled {
  readonly login: Login | undefined
  readonly events: ConnectionEvents
  readonly subscribed: string[]
  ended: boolean
}

const start = () => {
  const dialled: Dialled[] = []
  const refusals = { count: 0 }
  const client = createLiveClient({
    clock: Date.now,
    random: () => 0.5,
    refused: () => {
      refusals.count += 1
    },
    open: (login, events) => {
      const one: Dialled = { login, events, subscribed: [], ended: false }
      dialled.push(one)
      return {
        subscribe: (filters) => void one.subscribed.push(...filters),
        unsubscribe: (filters) => void one.subscribed.push(...filters.map((filter) => `-${filter}`)),
        publish: async () => true,
        end: () => {
          one.ended = true
        },
      }
    },
  })
  const last = (): Dialled => dialled.at(-1) as Dialled
  return { client, dialled, last, refusals }
}

beforeEach(() => void jest.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void jest.useRealTimers())

describe('the live connection', () => {
  test('says that it is live only once it is, and then asks for everything that is listened to', () => {
    const { client, last } = start()
    const heard: string[] = []
    client.subscribe('sensors/+/latest', (topic) => heard.push(topic))
    client.connect(undefined)
    expect(client.state.value).toEqual({ kind: 'connecting' })
    last().events.opened()
    expect(client.state.value).toEqual({ kind: 'live' })
    expect(last().subscribed).toEqual(['time/now', 'sensors/+/latest'])
    last().events.message('sensors/a/latest', bytes('{}'))
    last().events.message('devices/a/status', bytes('{}'))
    expect(heard).toEqual(['sensors/a/latest'])
    client.disconnect()
  })

  test('comes back by itself, waits longer each time, and says since when it was lost', () => {
    const { client, dialled, last } = start()
    client.connect(undefined)
    last().events.opened()
    last().events.closed(false)
    expect(client.state.value).toEqual({ kind: 'lost', since: 1_000_000 })
    jest.advanceTimersByTime(500)
    expect(dialled).toHaveLength(2)
    last().events.closed(false)
    jest.advanceTimersByTime(999)
    expect(dialled).toHaveLength(2)
    jest.advanceTimersByTime(1)
    expect(dialled).toHaveLength(3)
    expect(client.state.value).toEqual({ kind: 'lost', since: 1_000_000 })
    last().events.opened()
    expect(client.state.value).toEqual({ kind: 'live' })
    client.disconnect()
  })

  test('that is open and says nothing, not even the time, is dead and is made anew', () => {
    const { client, dialled, last } = start()
    client.connect(undefined)
    last().events.opened()
    jest.advanceTimersByTime(20_000)
    last().events.message('time/now', bytes('1000000'))
    jest.advanceTimersByTime(25_000)
    expect(dialled).toHaveLength(1)
    jest.advanceTimersByTime(5_000)
    expect(client.state.value.kind).toBe('lost')
    expect(dialled[0]?.ended).toBe(true)
    client.disconnect()
  })

  test('does not heed what one says that was given up', () => {
    const { client, dialled } = start()
    client.connect({ username: 'a', password: 'old' })
    client.connect({ username: 'a', password: 'new' })
    dialled[0]?.events.opened()
    expect(client.state.value).toEqual({ kind: 'connecting' })
    dialled[0]?.events.closed(false)
    jest.advanceTimersByTime(60_000)
    expect(dialled.map(({ login }) => login?.password)).toEqual(['old', 'new'])
    client.disconnect()
  })

  test('tells when the broker does not know who we say we are', () => {
    const { client, last, refusals } = start()
    client.connect({ username: 'a', password: 'b' })
    last().events.closed(true)
    expect(refusals.count).toBe(1)
    client.disconnect()
  })

  test('is not tried again after a sign-out', () => {
    const { client, dialled, last } = start()
    client.connect(undefined)
    last().events.closed(false)
    client.disconnect()
    jest.advanceTimersByTime(60_000)
    expect(dialled).toHaveLength(1)
    expect(client.state.value).toEqual({ kind: 'idle' })
  })

  test('a topic is asked for with its first listener, and left with its last', () => {
    const { client, last } = start()
    client.connect(undefined)
    last().events.opened()
    const ends = [
      client.subscribe('buzzer/a/ack', () => undefined),
      client.subscribe('buzzer/a/ack', () => undefined),
    ]
    for (const end of ends) end()
    expect(last().subscribed).toEqual(['time/now', 'buzzer/a/ack', '-buzzer/a/ack'])
    client.disconnect()
  })

  test('a publish without a connection is not taken', async () => {
    const { client } = start()
    expect(await client.publish('buzzer/a/cmd', 'ON')).toBe(false)
  })
})

test.each([
  ['sensors/+/latest', 'sensors/a/latest', true],
  ['sensors/+/latest', 'sensors/a/b/latest', false],
  ['sensors/+/latest', 'sensors/a/data', false],
  ['time/now', 'time/now', true],
])('the filter %s takes %s: %s', (filter, topic, taken) => {
  expect(matchesFilter(filter, topic)).toBe(taken)
})

test('the wait grows, and not for ever', () => {
  const waits = [0, 1, 2, 10, 1_000].map((attempt) => retryDelay(attempt, 0.5))
  expect(waits).toEqual([500, 1_000, 2_000, 15_000, 15_000])
  expect(retryDelay(0, 0)).toBeLessThan(retryDelay(0, 0.99))
})
