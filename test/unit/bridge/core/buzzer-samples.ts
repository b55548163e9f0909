import type { BuzzerRequest } from '../../../../bridge/core/buzzer.ts'
import { WAITS_FOR_MS } from '../../../../bridge/core/buzzer-state.ts'
import { id, T0 } from './samples.ts'

/** A pending request that was made at T0 and never shown. */
export const requestOf = (fields: Partial<BuzzerRequest> = {}): BuzzerRequest => ({
  id: 10,
  deviceId: id('esp32-1'),
  status: 'pending',
  durationMs: 250,
  requestedAt: T0,
  expiresAt: T0 + WAITS_FOR_MS,
  deliveredAt: null,
  buzzedAt: null,
  createdAt: T0,
  updatedAt: T0,
  ...fields,
})
