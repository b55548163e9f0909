/** The list of devices: empty at first, then what boards send as they send it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, jest, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { useCleanups } from '../support/cleanups.ts'
import { tellFigure } from '../support/figures.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { connectBoard, startPageWorld, useChromium } from '../support/page-world.ts'

jest.setTimeout(60_000)

const browser = useChromium()
const later = useCleanups()

const devices = (page: Page) => page.getByRole('row').filter({ has: page.getByRole('link') })
const row = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })

test('an empty list shows a line to try: copied into a shell, it makes its device appear', async () => {
  const { open } = await startPageWorld(browser, later)
  const { page, context } = await open()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const shown = page.getByText('mosquitto_pub').first()
  await shown.waitFor()
  await page.getByRole('button', { name: 'Copy' }).first().click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const line = String(await page.evaluate('navigator.clipboard.readText()'))
  await promisify(execFile)('sh', ['-c', line])
  const id = /sensors\/([^/]+)\/data/.exec(line)?.[1] ?? ''
  await row(page, id).waitFor()
  await shown.waitFor({ state: 'detached' })
})

test('boards are in the list as soon as they send, and their values as they come', async () => {
  const { open, sluice } = await startPageWorld(browser, later)
  const { page } = await open()
  await page.getByText('Live', { exact: true }).waitFor()
  const porch = await connectBoard(later, sluice, 'porch')
  const sent = performance.now()
  await porch.send({ temperature: 21.5 })
  await row(page, 'porch').getByText('21.5').waitFor()
  tellFigure('a new board is in the list after', performance.now() - sent)
  await row(page, 'porch').getByText('Connected').waitFor()

  const again = performance.now()
  await mosquittoPub({ port: sluice.mqttPort, topic: 'sensors/porch/data', message: '{"temperature":23.5}' })
  await row(page, 'porch').getByText('23.5').waitFor()
  tellFigure('a value of mosquitto_pub is shown after', performance.now() - again)
  expect(await devices(page).count()).toBe(1)

  await porch.client.endAsync()
  await row(page, 'porch').getByText('Offline').waitFor()
})

test('devices are found by what is typed, and sorted by a column', async () => {
  const { open, sluice } = await startPageWorld(browser, later)
  for (const [name, temperature] of [
    ['attic', 31],
    ['porch', 11],
    ['cellar', 21],
  ] as const)
    await (await connectBoard(later, sluice, name)).send({ temperature })
  const { page } = await open()
  await row(page, 'cellar').waitFor()
  const names = async () => await devices(page).getByRole('link').allInnerTexts()

  await page.getByRole('searchbox').fill('ORC')
  await row(page, 'attic').waitFor({ state: 'detached' })
  expect(await names()).toEqual(['porch'])
  await page.getByRole('searchbox').fill('')
  await row(page, 'attic').waitFor()

  const byName = page.getByRole('columnheader', { name: /name|device/i })
  await byName.getByRole('button').click()
  const first = await byName.getAttribute('aria-sort')
  const sorted = await names()
  expect([first, sorted]).toEqual([first, inOrder(['attic', 'cellar', 'porch'], first)])
  await byName.getByRole('button').click()
  const second = await byName.getAttribute('aria-sort')
  expect([second, await names()]).toEqual([second, inOrder(['attic', 'cellar', 'porch'], second)])
  expect([first, second].toSorted()).toEqual(['ascending', 'descending'])
})

const inOrder = (names: readonly string[], direction: string | null): readonly string[] =>
  direction === 'descending' ? names.toReversed() : names
