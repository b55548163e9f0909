import { describe, expect, test } from '@jest/globals'
import { type Device, newDevice } from '../../../../bridge/core/device.ts'
import {
  applyFacts,
  applyRegistration,
  factsOf,
  mergeStored,
  type Registration,
  type Said,
  sayFacts,
  sayRegistration,
} from '../../../../bridge/pipeline/device-updates.ts'
import type { DeviceFacts } from '../../../../bridge/services.ts'
import { deviceId } from '../../../support/readings.ts'

const A = deviceId('a')
const T = 1_790_000_000_000
const STORED: Device = {
  ...newDevice(A, T - 50_000),
  name: 'Lab',
  type: 'DHT11',
  ipAddress: '10.0.0.7',
  capabilities: ['buzzer'],
  reportedStatus: 'warning',
  uptimeMs: 100,
  freeHeap: 200,
  wifiRssi: -30,
  errors: 3,
}
const REGISTRATION: Registration = { deviceId: A, name: 'New', type: 'cam', capabilities: ['streaming'] }

/** What is said one after the other, to a device whose row is known and to one whose row is read later. */
const afterwards = (...said: readonly (DeviceFacts | Registration)[]): readonly [Device, Device] => {
  let known: Device = STORED
  let seen: Device = newDevice(A, T)
  let kept: Said = {}
  for (const one of said) {
    const isRegistration = 'deviceId' in one
    kept = isRegistration ? sayRegistration(kept, one) : sayFacts(kept, one)
    const apply = (device: Device): Device =>
      isRegistration ? applyRegistration(device, one, T) : applyFacts(device, one, T)
    known = apply(known)
    seen = apply(seen)
  }
  return [known, mergeStored(STORED, seen, kept)]
}

describe('what is said of a device before its row is read', () => {
  const beat = factsOf({ deviceId: A, uptimeMs: 7, wifiRssi: null })
  test.each([
    ['facts', [{ name: 'Cam', uptimeMs: 5.4 }]],
    ['facts twice: the later ones count', [{ name: 'Cam', freeHeap: 1 }, { freeHeap: 2 }]],
    ['a heartbeat, which is online unless it says otherwise', [beat]],
    ['a heartbeat that goes offline', [factsOf({ deviceId: A, status: 'offline' })]],
    ['facts after it went offline', [factsOf({ deviceId: A, status: 'offline' }), { uptimeMs: 1 }]],
    ['facts without a status', [{ wifiRssi: -1 }]],
    ['a registration', [REGISTRATION]],
    ['a registration with where it came from', [{ ...REGISTRATION, peerAddress: '192.0.2.1' }]],
    ['facts, and a registration that ends them', [{ name: 'Cam', uptimeMs: 9 }, REGISTRATION]],
    ['an address, kept by a registration without one', [{ ipAddress: '10.9.9.9' }, REGISTRATION]],
    ['a registration, and facts on top of it', [REGISTRATION, { uptimeMs: 9, type: 'CAM' }]],
    ['two registrations', [{ ...REGISTRATION, ipAddress: '10.1.1.1' }, REGISTRATION, beat]],
  ])('is the same as after: %s', (_what, said) => {
    const [known, readLater] = afterwards(...said)
    expect(readLater).toEqual({ ...known, updatedAt: T })
  })
})

describe('the address of a device', () => {
  const from = (fields: Partial<Registration>, device: Device = newDevice(A, T)) =>
    applyRegistration(device, { ...REGISTRATION, ...fields }, T).ipAddress

  test('is what it says, else what it said before, else where it came from', () => {
    const peerAddress = '192.0.2.1'
    expect(from({ ipAddress: '10.1.1.1', peerAddress }, STORED)).toBe('10.1.1.1')
    expect(from({ peerAddress }, STORED)).toBe('10.0.0.7')
    expect(from({ peerAddress })).toBe('192.0.2.1')
    expect(from({})).toBeNull()
  })
})
