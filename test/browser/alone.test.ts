/** The page works on a network without an internet, and over a slow link. */
import { gzipSync } from 'node:zlib'
import { expect, jest, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { useCleanups } from '../support/cleanups.ts'
import { connectBoard, startPageWorld, useChromium } from '../support/page-world.ts'

jest.setTimeout(60_000)

const browser = useChromium()
const later = useCleanups()
const MAX_PACKED_BYTES = 150_000
/** As over a mobile network at its worst. */
const SLOW = { offline: false, latency: 600, downloadThroughput: 50_000, uploadThroughput: 20_000 }

test('all views are loaded from this server alone, in under 150 kB packed', async () => {
  const { open, sluice } = await startPageWorld(browser, later)
  const porch = await connectBoard(later, sluice, 'porch')
  await porch.send({ temperature: 21.5 })
  const files = new Map<string, Promise<Buffer>>()
  const hosts = new Set<string>()
  const { page } = await open({
    before: async (blank) => {
      blank.on('request', (request) => hosts.add(new URL(request.url()).host))
      blank.on('websocket', (socket) => hosts.add(new URL(socket.url()).host))
      blank.on('response', (response) => {
        const { pathname } = new URL(response.url())
        if (!/^\/(api|health)/.test(pathname)) files.set(pathname, response.body())
      })
    },
  })
  await page.getByRole('link', { name: 'porch', exact: true }).click()
  await page.getByRole('heading', { name: 'porch', level: 1 }).waitFor()
  await page.getByRole('link', { name: 'System' }).click()
  await page.getByRole('heading', { name: 'Balance' }).waitFor()

  expect([...hosts]).toEqual([`127.0.0.1:${sluice.httpPort}`])
  const sizes = await Promise.all([...files.values()].map(async (body) => gzipSync(await body).length))
  const packed = sizes.reduce((sum, size) => sum + size, 0)
  process.stderr.write(`the page: ${files.size} files, ${packed} bytes packed with gzip\n`)
  expect(packed).toBeLessThan(MAX_PACKED_BYTES)
})

test('over a slow link the devices are shown all the same, and what comes after', async () => {
  const { open, sluice } = await startPageWorld(browser, later)
  const porch = await connectBoard(later, sluice, 'porch')
  await porch.send({ temperature: 21.5 })
  const before = async (blank: Page): Promise<void> => {
    const devtools = await blank.context().newCDPSession(blank)
    await devtools.send('Network.enable')
    await devtools.send('Network.emulateNetworkConditions', SLOW)
  }
  const { page } = await open({ before })
  await page.getByText('21.5').first().waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  await porch.send({ temperature: 22.5 })
  await page.getByText('22.5').first().waitFor()
})
