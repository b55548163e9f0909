import { expect, test } from '@jest/globals'
import { startBridgedFacade } from '../support/bridged-facade.ts'
import { useCleanups } from '../support/cleanups.ts'
import { postJson } from '../support/http-exchange.ts'

const cleanup = useCleanups()

test.each([
  ['/api/v1/devices/a/command', '{"command":"x","deep":', '}'],
  ['/api/v1/ingest/sensor-data', '{"deviceId":"a","deep":', '}'],
  ['/api/v1/devices/heartbeat', '{"deviceId":"a","deep":', '}'],
  ['/api/v1/buzzer/request', '', ''],
])('a body that nests thousands deep is a 400: %s', async (path, before, after) => {
  const facade = await startBridgedFacade()
  cleanup(() => facade.stop())
  await postJson(`${facade.url}/api/v1/devices/register`, { id: 'a', name: 'A', type: 't' })
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const { status, json } = await postJson(facade.url + path, before + deep + after)
  expect([status, json]).toMatchObject([400, { success: false, error: expect.stringMatching(/too deep/) }])
})
