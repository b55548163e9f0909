import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import { type RunningFacade, startFacade } from '../support/facade-services.ts'
import { postJson } from '../support/http-exchange.ts'

let running: RunningFacade
afterEach(() => running.facade.stop())

test('responseTime is the whole milliseconds a request took', async () => {
  running = await startFacade()
  // Begun when the request is there: connecting is not what is told.
  running.world.gate = once(running.facade.server, 'request').then(() => delay(60))
  const { json } = await postJson(`${running.url}/api/v1/ingest/sensor-data`, { deviceId: 'slow' })
  const { responseTime } = json as { responseTime: number }
  expect(Number.isInteger(responseTime)).toBe(true)
  expect(responseTime).toBeGreaterThanOrEqual(50)
})
