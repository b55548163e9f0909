import type { Device, Latest } from '../../../../src/dashboard/answers.ts'
import { unknownDevice } from '../../../../src/dashboard/fleet-merge.ts'

export const device = (deviceId: string, fields: Partial<Device> = {}): Device => ({
  ...unknownDevice(deviceId),
  lastSeen: 1_000,
  ...fields,
})

export const latest = (
  ts: number,
  values: Latest['values'] = {},
  custom: Latest['custom'] = null,
): Latest => ({
  ts,
  receivedAt: ts,
  values,
  custom,
})

export const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
