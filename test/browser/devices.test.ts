/** The list of devices: empty at first, then what boards send as they send it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, jest, test } from '@jest/globals'
import mqtt from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { startPageWorld, useChromium } from '../support/page-world.ts'

jest.setTimeout(60_000)

const browser = useChromium()
const later = useCleanups()

test('an empty list shows a line to try, which makes its device appear as it stands', async () => {
  const { open } = await startPageWorld(browser, later)
  const { page } = await open()
  const line = await page.getByText(/^mosquitto_pub /).innerText()
  await promisify(execFile)('sh', ['-c', line])
  const id = /sensors\/([^/]+)\/data/.exec(line)?.[1] ?? ''
  await page.getByRole('link', { name: id }).first().waitFor()
})

test('boards are in the list as soon as they send, and their values as they come', async () => {
  const { open, sluice } = await startPageWorld(browser, later)
  const { page } = await open()
  await page.getByText('Live', { exact: true }).waitFor()
  const board = await mqtt.connectAsync(`mqtt://127.0.0.1:${sluice.mqttPort}`, { clientId: 'porch' })
  later(() => board.endAsync(true))
  const sent = performance.now()
  await board.publishAsync('sensors/porch/data', JSON.stringify({ temperature: 21.5 }), { qos: 1 })
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'porch' }) })
  await row.getByText('21.5 °C').waitFor()
  console.info(`a new board was in the list after ${Math.round(performance.now() - sent)} ms`)
  await row.getByText('Connected').waitFor()

  const again = performance.now()
  await mosquittoPub({ port: sluice.mqttPort, topic: 'sensors/porch/data', message: '{"temperature":23.25}' })
  await row.getByText('23.3 °C').waitFor()
  console.info(`a value of mosquitto_pub was shown after ${Math.round(performance.now() - again)} ms`)
  expect(
    await page
      .getByRole('row')
      .filter({ has: page.getByRole('link') })
      .count(),
  ).toBe(1)
})
