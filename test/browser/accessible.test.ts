/** Each view for whoever sees little, or has no mouse: axe-core finds nothing serious, and the keyboard reaches all. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { PHONE } from '../support/browser.ts'
import { useCleanups } from '../support/cleanups.ts'
import { connectBoard, type PageWorld, startPageWorld, useChromium } from '../support/page-world.ts'

jest.setTimeout(60_000)

const browser = useChromium()
const later = useCleanups()
const atEnd: (() => Promise<unknown> | unknown)[] = []
let world: PageWorld
let axe: string

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  world = await startPageWorld(browser, (cleanup) => void atEnd.push(cleanup))
  const porch = await connectBoard((cleanup) => void atEnd.push(cleanup), world.sluice, 'porch')
  await porch.send({ temperature: 21.5, humidity: 48, door: 'open' })
  await porch.send('no JSON')
  await porch.client.subscribeAsync('buzzer/porch/cmd', { qos: 1 })
  porch.client.on('message', (_topic, payload) => {
    const { requestId } = JSON.parse(String(payload))
    void porch.client.publishAsync('buzzer/porch/ack', JSON.stringify({ requestId }), { qos: 1 })
  })
}, 90_000)
afterAll(async () => {
  for (const cleanup of atEnd.reverse()) await cleanup()
})

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[]
}

/** What axe-core finds serious or critical, one line each. */
const violations = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe)
  const found = (await page.evaluate(
    'axe.run().then(({ violations }) => violations)',
  )) as readonly Violation[]
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`),
    )
}

const VIEWS: readonly (readonly [string, string, (page: Page) => Promise<unknown>])[] = [
  ['list', '/', (page) => page.getByRole('link', { name: 'porch', exact: true }).waitFor()],
  ['device', '/#/device/porch', (page) => page.getByRole('button', { name: /beep|buzz/i }).waitFor()],
  ['system', '/#/system', (page) => page.getByRole('heading', { name: 'Balance' }).waitFor()],
]
const SCREENS = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['light, on a phone', { colorScheme: 'light', ...PHONE }],
  ['dark, on a phone', { colorScheme: 'dark', ...PHONE }],
] as const

describe.each(SCREENS)('in %s', (_name, context) => {
  test.each(VIEWS)('axe-core finds nothing serious in the view of the %s', async (_view, path, isShown) => {
    const { page } = await world.open({ path, context }, later)
    await isShown(page)
    await page.getByText('Live', { exact: true }).waitFor()
    expect(await violations(page)).toEqual([])
    const { scrolls } = (await page.evaluate(
      '({ scrolls: document.documentElement.scrollWidth > document.documentElement.clientWidth })',
    )) as { readonly scrolls: boolean }
    expect(scrolls).toBe(false)
  })
})

/** More than there is to reach on any view. */
const MOST_TABS = 100

/** Presses Tab until the element with this role and name has the focus. */
const tabTo = async (page: Page, role: 'link' | 'button', name: string | RegExp): Promise<void> => {
  const wanted = page.getByRole(role, { name, exact: typeof name === 'string' }).first()
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    await page.keyboard.press('Tab')
    if (await wanted.evaluate((element) => element === element.ownerDocument.activeElement)) return
  }
  throw new Error(`${role} ${name} is not reached by Tab`)
}

test('a device and its buzzer are reached without a mouse', async () => {
  const { page } = await world.open({}, later)
  await page.getByRole('link', { name: 'porch', exact: true }).waitFor()
  await tabTo(page, 'link', 'porch')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'porch', level: 1 }).waitFor()
  await page.getByRole('button', { name: /beep|buzz/i }).waitFor()
  await tabTo(page, 'button', /beep|buzz/i)
  await page.keyboard.press('Enter')
  await page.getByRole('status', { name: 'Buzzer' }).getByText(/done/i).waitFor()
  await page.goBack()
  await page.getByRole('link', { name: 'porch', exact: true }).waitFor()
})
