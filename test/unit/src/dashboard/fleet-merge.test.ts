import { describe, expect, test } from '@jest/globals'
import {
  linkAt,
  SILENT_AFTER_MS,
  withLatest,
  withOverview,
  withStatus,
} from '../../../../src/dashboard/fleet-merge.ts'
import { device, latest } from './devices.ts'

const NOBODY: ReadonlySet<string> = new Set()

describe('new values of a device', () => {
  test('replace older ones, and are a sign of life', () => {
    const before = device('a', { link: 'silent', latest: latest(1_000, { temperature: 1 }) })
    const after = withLatest(before, latest(2_000, { temperature: 2 }))
    expect(after).toMatchObject({
      link: 'connected',
      lastSeen: 2_000,
      latest: { values: { temperature: 2 } },
    })
  })

  test('that are older than what is known change nothing', () => {
    const before = device('a', { latest: latest(2_000, { temperature: 2 }) })
    expect(withLatest(before, latest(1_000, { temperature: 1 }))).toBe(before)
  })

  test('that were kept while the device went away do not bring it back', () => {
    const gone = device('a', { link: 'offline', status: 'offline', lastSeen: 5_000 })
    expect(withLatest(gone, latest(4_000)).link).toBe('offline')
  })
})

describe('the status of a device', () => {
  test('goes to offline and back', () => {
    const gone = withStatus(device('a'), 'offline', 2_000)
    expect(gone).toMatchObject({ link: 'offline', status: 'offline', lastSeen: 1_000 })
    expect(withStatus(gone, 'online', 3_000)).toMatchObject({
      link: 'connected',
      status: 'online',
      lastSeen: 3_000,
    })
  })

  test('that is older than its last sign of life does not take it away', () => {
    const here = device('a', { lastSeen: 5_000 })
    expect(withStatus(here, 'offline', 4_000)).toBe(here)
  })

  test('that it has already changes nothing', () => {
    const here = device('a', { lastSeen: 5_000 })
    expect(withStatus(here, 'online', 5_000)).toBe(here)
  })

  test('a warning that a heartbeat told stays a warning', () => {
    expect(withStatus(device('a', { status: 'warning' }), 'online', 2_000).status).toBe('warning')
  })
})

describe('silence', () => {
  test('begins after two minutes without a sign of life, of a connected device only', () => {
    const at = 1_000 + SILENT_AFTER_MS
    expect(linkAt(device('a'), at)).toBe('connected')
    expect(linkAt(device('a'), at + 1)).toBe('silent')
    expect(linkAt(device('a', { link: 'offline' }), at + 1)).toBe('offline')
  })
})

describe('an overview', () => {
  test('adds devices, takes those away it does not hold, and keeps newer live values', () => {
    const known = new Map([
      ['a', device('a', { lastSeen: 9_000, latest: latest(9_000, { temperature: 9 }) })],
      ['gone', device('gone')],
    ])
    const told = [
      device('a', { name: 'Attic', wifiRssi: -60, lastSeen: 8_000, link: 'silent', latest: latest(8_000) }),
      device('b'),
    ]
    const next = withOverview(known, { now: 9_500, devices: told }, NOBODY)
    expect([...next.keys()]).toEqual(['a', 'b'])
    expect(next.get('a')).toMatchObject({
      ...{ name: 'Attic', wifiRssi: -60, lastSeen: 9_000, link: 'connected' },
      latest: { values: { temperature: 9 } },
    })
  })

  test('does not take away who was heard of while it was under way', () => {
    const known = new Map([['new', device('new')]])
    expect([...withOverview(known, { now: 0, devices: [] }, new Set(['new'])).keys()]).toEqual(['new'])
  })
})
