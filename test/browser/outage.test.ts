/** The program ends and comes back: the page says so, and heals without being touched. */
import { jest, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { tellFigure } from '../support/figures.ts'
import { connectBoard, startPageWorld, useChromium } from '../support/page-world.ts'

jest.setTimeout(90_000)

const browser = useChromium()
const later = useCleanups()

test('while the program is away the page says so and keeps what it knew; then it goes on by itself', async () => {
  const world = await startPageWorld(browser, later)
  const { page, troubles } = await world.open()
  const porch = await connectBoard(later, world.sluice, 'porch')
  await porch.send({ temperature: 21.5 })
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'porch', exact: true }) })
  await row.getByText('21.5').waitFor()
  const banner = page.getByRole('status').filter({ hasText: /connection/i })

  troubles.expect(/ERR_CONNECTION_|ERR_EMPTY_RESPONSE|ERR_SOCKET|WebSocket connection|status of 503/)
  await world.restart(async () => {
    await banner.waitFor()
    await row.getByText('21.5').waitFor()
  })
  const back = performance.now()
  await banner.waitFor({ state: 'detached' })
  await page.getByText('Live', { exact: true }).waitFor()
  tellFigure('the page is live again after', performance.now() - back)
  await porch.send({ temperature: 22.5 })
  await row.getByText('22.5').waitFor()
})
