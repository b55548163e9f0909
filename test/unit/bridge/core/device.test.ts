import { describe, expect, test } from '@jest/globals'
import {
  type Device,
  isSilent,
  newDevice,
  SILENT_AFTER_MS,
  shownStatus,
  shownType,
} from '../../../../bridge/core/device.ts'
import { id, T0 } from './samples.ts'

const board = (fields: Partial<Device> = {}): Device => ({ ...newDevice(id('esp32-1'), T0), ...fields })

describe('a new device', () => {
  test('is named by its id, online, and has never been on MQTT', () => {
    expect(board()).toMatchObject({
      name: 'esp32-1',
      type: null,
      connection: 'none',
      lastSeen: T0,
      createdAt: T0,
    })
    expect(shownStatus(board(), T0)).toBe('online')
  })
})

describe('silence', () => {
  test('begins when the time is over, not before', () => {
    expect(isSilent(board(), T0 + SILENT_AFTER_MS)).toBe(false)
    expect(isSilent(board(), T0 + SILENT_AFTER_MS + 1)).toBe(true)
    expect(isSilent(board(), T0 + 11, 10)).toBe(true)
  })
})

describe('the status shown', () => {
  test.each([
    ['what it reported', { reportedStatus: 'warning' }, 0, 'warning'],
    [
      'offline when silent, whatever it reported',
      { reportedStatus: 'warning' },
      SILENT_AFTER_MS + 1,
      'offline',
    ],
    [
      'offline when silent on an open connection',
      { connection: 'connected' },
      SILENT_AFTER_MS + 1,
      'offline',
    ],
    ['offline once its connection ended', { connection: 'disconnected', connectionAt: T0 }, 1, 'offline'],
    [
      'online when heard by another way since',
      { connection: 'disconnected', connectionAt: T0 - 1 },
      1,
      'online',
    ],
    ['online while connected', { connection: 'connected', connectionAt: T0 + 5 }, 10, 'online'],
  ] as const)('is %s', (_, fields, later, expected) => {
    expect(shownStatus(board(fields), T0 + later)).toBe(expected)
  })
})

describe('the type shown', () => {
  test.each([
    [null, false, 'unknown'],
    [null, true, 'sensor'],
    ['camera', false, 'camera'],
    ['DHT11-LDR-HCSR04', true, 'sensor'],
    ['my-sensor-2', true, 'my-sensor-2'],
  ])('of type %p with readings %p is %s', (type, hasReadings, expected) => {
    expect(shownType(board({ type, hasReadings }))).toBe(expected)
  })
})
