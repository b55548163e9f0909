import { describe, expect, test } from '@jest/globals'
import type { Device } from '../../../../../src/dashboard/answers.ts'
import { byName, countLinks, matches, type SortKey, sorted } from '../../../../../src/dashboard/list/order.ts'
import { device, latest } from '../devices.ts'

const NOW = 100_000
const ids = (devices: readonly Device[]): readonly string[] => devices.map(({ deviceId }) => deviceId)
const by = (devices: readonly Device[], key: SortKey, descending = false): readonly string[] =>
  ids(sorted(byName(devices), { key, descending }, NOW))

describe('the order of the list', () => {
  test('by name counts numbers as numbers, and letter case not', () => {
    const devices = [
      device('c', { name: 'board 10' }),
      device('b', { name: 'Board 2' }),
      device('a', { name: 'attic' }),
    ]
    expect(by(devices, 'name')).toEqual(['a', 'b', 'c'])
    expect(by(devices, 'name', true)).toEqual(['c', 'b', 'a'])
  })

  test('by status begins with what is wrong', () => {
    const devices = [
      device('here', { lastSeen: NOW }),
      device('quiet', { lastSeen: NOW, link: 'silent' }),
      device('gone', { link: 'offline' }),
    ]
    expect(by(devices, 'link')).toEqual(['gone', 'quiet', 'here'])
  })

  test('by last sign of life does not tell apart what is about as old: it stays by name', () => {
    const devices = [
      device('a', { lastSeen: NOW - 4_000 }),
      device('b', { lastSeen: NOW - 1_000 }),
      device('old', { lastSeen: NOW - 50_000 }),
    ]
    expect(by(devices, 'lastSeen')).toEqual(['a', 'b', 'old'])
    expect(by(devices, 'lastSeen', true)).toEqual(['old', 'a', 'b'])
  })

  test.each([false, true])('devices without the value come last, descending: %s', (descending) => {
    const devices = [
      device('none'),
      device('low', { wifiRssi: -80, latest: latest(1, { temperature: 1 }) }),
      device('high', { wifiRssi: -40, latest: latest(1, {}, { temperature: 2 }) }),
    ]
    expect(by(devices, 'signal', descending).at(-1)).toBe('none')
    expect(by(devices, 'metric:temperature', descending).at(-1)).toBe('none')
    expect(by(devices, 'metric:temperature', descending)[0]).toBe(descending ? 'high' : 'low')
  })
})

describe('the search', () => {
  const porch = device('esp-7', { name: 'Porch', type: 'DHT22', lastSeen: NOW })
  test.each([
    ['', true],
    ['  ', true],
    ['POR', true],
    ['esp dht', true],
    ['dht cellar', false],
  ])('%j finds it: %s', (search, found) => {
    expect(matches(porch, { search, link: 'all' }, NOW)).toBe(found)
  })

  test('goes together with a status', () => {
    expect(matches(porch, { search: 'porch', link: 'connected' }, NOW)).toBe(true)
    expect(matches(porch, { search: 'porch', link: 'offline' }, NOW)).toBe(false)
  })
})

test('devices are counted by how they stand now', () => {
  const devices = [
    device('a', { lastSeen: NOW }),
    device('b', { lastSeen: 1 }),
    device('c', { link: 'offline' }),
  ]
  expect(countLinks(devices, NOW + 50_000)).toEqual({ all: 3, connected: 1, silent: 1, offline: 1 })
})
