/** One device: its values and charts as they come, its buzzer, and what was lost of it. */
import { readFile } from 'node:fs/promises'
import { expect, jest, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { createDeferred } from '../support/deferred.ts'
import { tellFigure } from '../support/figures.ts'
import { connectBoard, startPageWorld, useChromium } from '../support/page-world.ts'

jest.setTimeout(60_000)

const browser = useChromium()
const later = useCleanups()

/** As much of HTMLImageElement as is used here. */
interface Picture {
  decode(): Promise<void>
}

const start = async () => {
  const { open, sluice } = await startPageWorld(browser, later)
  const porch = await connectBoard(later, sluice, 'porch')
  return { open, porch }
}

test('the buzzer button reaches the board, and the page tells that it is asked, delivered and done', async () => {
  const { open, porch } = await start()
  await porch.send({ temperature: 21.5 })
  await porch.client.subscribeAsync('buzzer/porch/cmd', { qos: 1 })
  const asked = createDeferred<{ readonly requestId: string; readonly action: string }>()
  porch.client.on('message', (_topic, payload) => asked.resolve(JSON.parse(String(payload))))

  const { page } = await open({ path: '/#/device/porch' })
  const pressed = performance.now()
  await page.getByRole('button', { name: /beep|buzz/i }).click()
  const { requestId, action } = await asked.promise
  tellFigure('the board was asked after', performance.now() - pressed)
  expect(action).toBe('beep')
  const progress = page.getByRole('status', { name: 'Buzzer' })
  await progress.getByText(/delivered/i).waitFor()
  expect(await progress.getByText(/done/i).count()).toBe(0)
  await porch.client.publishAsync('buzzer/porch/ack', JSON.stringify({ requestId }), { qos: 1 })
  await progress.getByText(/done/i).waitFor()
  tellFigure('the page tells that it is done after', performance.now() - pressed)
})

test('the charts join what was before with what comes, and a range is chosen by a button', async () => {
  const { open, porch } = await start()
  const ago = (minutes: number): number => Date.now() - minutes * 60_000
  await porch.send(
    [50, 40, 30, 20, 10].map((minutes) => ({ ts: ago(minutes), temperature: minutes })) as object,
  )
  await porch.send({ temperature: 21.5 })
  const { page } = await open({ path: '/#/device/porch' })
  const chart = page.getByRole('figure', { name: /temperature/i })
  await chart.waitFor()
  await chart.getByText(/50/).first().waitFor()
  await porch.send({ temperature: 87.25 })
  await chart.getByText(/87/).first().waitFor()

  const range = page.getByRole('group', { name: 'Range' })
  const day = range.getByRole('button', { name: '24 h' })
  await day.click()
  expect(await day.getAttribute('aria-pressed')).toBe('true')
  expect(await range.getByRole('button', { name: '1 h' }).getAttribute('aria-pressed')).toBe('false')
  await chart.getByText(/87/).first().waitFor()
})

test('what could not be read, and what never came, is told', async () => {
  const { open, porch } = await start()
  for (const seq of [1, 2, 3, 5]) await porch.send({ temperature: seq, boot: 'b1', seq })
  await porch.send('no JSON at all')
  const { page } = await open({ path: '/#/device/porch' })
  await page.getByRole('heading', { name: /dead letters/i }).waitFor()
  await page
    .getByText(/not JSON/i)
    .first()
    .waitFor()
  await page
    .getByText(/20\s?%/)
    .first()
    .waitFor()
})

test('the newest picture of a camera is shown', async () => {
  const { open, porch } = await start()
  const jpeg = await readFile(new URL('../fixtures/frame-5000.jpg', import.meta.url))
  await porch.client.publishAsync('cameras/porch/frame', jpeg, { qos: 1 })
  const { page } = await open({ path: '/#/device/porch' })
  const picture = page.getByRole('img', { name: /picture|camera/i })
  await picture.waitFor()
  await expect(
    picture.evaluate((element) => (element as unknown as Picture).decode()),
  ).resolves.toBeUndefined()
})

test('a device that nobody knows is told as such', async () => {
  const { open } = await start()
  const { page, troubles } = await open({ path: '/#/device/nobody' })
  troubles.expect(/status of 404/)
  await page.getByText(/nothing is known/i).waitFor()
})
