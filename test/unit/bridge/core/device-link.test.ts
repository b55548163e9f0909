import { describe, expect, test } from '@jest/globals'
import { type Device, newDevice, SILENT_AFTER_MS } from '../../../../bridge/core/device.ts'
import { deviceLink, GONE_AFTER_MS } from '../../../../bridge/core/device-link.ts'
import { id, T0 } from './samples.ts'

const board = (fields: Partial<Device> = {}): Device => ({ ...newDevice(id('esp32-1'), T0), ...fields })
const MQTT = { connection: 'connected', connectionAt: T0 - 1 } as const
const ENDED = { connection: 'disconnected', connectionAt: T0 } as const
const HEARD_SINCE = { connection: 'disconnected', connectionAt: T0 - 1 } as const

describe('the link of a device', () => {
  test.each<readonly [string, Partial<Device>, number, string]>([
    ['on MQTT, heard of', MQTT, SILENT_AFTER_MS, 'connected'],
    ['on MQTT, with nothing to say for over two minutes', MQTT, SILENT_AFTER_MS + 1, 'silent'],
    ['on MQTT, without a word for years', MQTT, 1_000 * GONE_AFTER_MS, 'silent'],
    ['that polls', {}, SILENT_AFTER_MS, 'connected'],
    ['that polls no more', {}, SILENT_AFTER_MS + 1, 'silent'],
    ['that polls no more, for a day', {}, GONE_AFTER_MS, 'silent'],
    ['that polls no more, for over a day', {}, GONE_AFTER_MS + 1, 'offline'],
    ['whose connection ended', ENDED, 0, 'offline'],
    ['whose connection ended, and that was heard of since by a request', HEARD_SINCE, 0, 'connected'],
    ['the same, fallen silent', HEARD_SINCE, SILENT_AFTER_MS + 1, 'silent'],
    ['the same, for over a day', HEARD_SINCE, GONE_AFTER_MS + 1, 'offline'],
    ['that said it goes offline', { ...MQTT, reportedStatus: 'offline' }, 0, 'offline'],
    ['that has a warning', { ...MQTT, reportedStatus: 'warning' }, 0, 'connected'],
  ])('%s', (_, fields, after, expected) => {
    expect(deviceLink(board(fields), T0 + after)).toBe(expected)
  })

  test('does not suffer from a clock that was set back', () => {
    expect(deviceLink(board(MQTT), T0 - 3_600_000)).toBe('connected')
  })
})
