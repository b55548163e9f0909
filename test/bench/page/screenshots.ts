import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { PHONE } from '../../support/browser.ts'
import { startHousehold } from './household.ts'
import { type PageScenario, setStage } from './page-scenario.ts'

const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }
const SCREENS: { readonly [name: string]: BrowserContextOptions } = {
  light: { ...DESK, colorScheme: 'light' },
  dark: { ...DESK, colorScheme: 'dark' },
  'phone-light': { ...PHONE, colorScheme: 'light' },
  'phone-dark': { ...PHONE, colorScheme: 'dark' },
}

interface View {
  readonly path: string
  /** Before the boards are there. */
  readonly isEmpty?: true
  readonly ready?: (page: Page) => Promise<unknown>
}

/** Charts and pictures are drawn after what they are of has come. */
const SETTLE_MS = 2_500

const VIEWS: { readonly [name: string]: View } = {
  empty: { path: '/', isEmpty: true },
  list: { path: '/', ready: (page) => page.getByText('Greenhouse').first().waitFor() },
  device: {
    path: '/#/device/greenhouse',
    ready: async (page) => {
      await page.getByRole('heading', { level: 1 }).waitFor()
      const buzzer = page.getByRole('button', { name: /beep|buzz/i })
      if ((await buzzer.count()) > 0) await buzzer.first().click()
    },
  },
  system: { path: '/#/system', ready: (page) => page.getByRole('heading', { level: 1 }).waitFor() },
}

const shoot = async (browser: Browser, http: string, view: View, file: (screen: string) => string) => {
  for (const [screen, look] of Object.entries(SCREENS)) {
    const context = await browser.newContext({ ...look, locale: 'en-GB', reducedMotion: 'reduce' })
    const page = await context.newPage()
    await page.goto(http + view.path)
    await view.ready?.(page)
    await page.waitForTimeout(SETTLE_MS)
    await page.screenshot({ path: file(screen), fullPage: screen.startsWith('phone') })
    await context.close()
  }
}

/** A picture of each view, by day and night, at a desk and on a phone. */
export const screenshots: PageScenario = async (bench) => {
  const { cleanup, log, options } = bench
  const folder = options.screenshots ?? 'screenshots'
  await mkdir(folder, { recursive: true })
  const { sluice, browser } = await setStage(bench)
  const shootAll = async (isWanted: (view: View) => boolean): Promise<void> => {
    for (const [name, view] of Object.entries(VIEWS)) {
      if (!isWanted(view)) continue
      log(`the ${name} view`)
      await shoot(browser, sluice.http, view, (screen) => join(folder, `${name}-${screen}.png`))
    }
  }
  await shootAll(({ isEmpty }) => isEmpty === true)
  log('the boards send their past')
  await startHousehold(cleanup, sluice.mqttPort, join(sluice.dataDir, '..'))
  await shootAll(({ isEmpty }) => isEmpty !== true)
  return {
    title: `pictures of ${Object.keys(VIEWS).length} views in ${folder}`,
    lines: [],
    problems: [],
    notes: [],
  }
}
