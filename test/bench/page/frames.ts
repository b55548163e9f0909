import type { Page } from 'playwright-core'
import { figure, withGoal } from '../fleet/figure.ts'
import type { Line } from '../scenario.ts'
import { nameOf, startFleet } from './fleet.ts'
import { type FrameWork, watchFrames } from './frame-work.ts'
import { type PageScenario, setStage } from './page-scenario.ts'

/** A frame lasts 16.7 ms. */
const FRAME_GOAL = { atMost: 16 } as const

const linesOf = (view: string, seen: FrameWork): readonly Line[] => [
  withGoal(figure(`${view}: work in a frame, median`, 'ms', seen.median), FRAME_GOAL),
  figure(`${view}: p95`, 'ms', seen.p95),
  figure(`${view}: p99`, 'ms', seen.p99),
  figure(`${view}: longest`, 'ms', seen.max),
  figure(`${view}: from frame to frame, median`, 'ms', seen.between),
  figure(`${view}: from frame to frame, p99`, 'ms', seen.betweenP99),
  figure(`${view}: tasks over 50 ms`, 'count', seen.longTasks),
  figure(`${view}: main thread busy`, 'ratio', seen.busy),
  figure(`${view}: JavaScript heap`, 'MiB', seen.heapMiB),
]

/** Moves the list all the time while `during` runs, as someone who looks for a device. */
const scrolling = async <T>(page: Page, during: () => Promise<T>): Promise<T> => {
  await page.evaluate(`(() => {
    let to = 40
    globalThis.scrolling = setInterval(() => {
      const { scrollY, innerHeight } = globalThis
      if (scrollY + innerHeight >= document.documentElement.scrollHeight - 1 && to > 0) to = -40
      if (scrollY === 0 && to < 0) to = 40
      scrollBy(0, to)
    }, 16)
  })()`)
  try {
    return await during()
  } finally {
    await page.evaluate('clearInterval(globalThis.scrolling)')
  }
}

/** A fleet sends, and each view is watched for a while. */
export const frames: PageScenario = async (bench) => {
  const { cleanup, log, options } = bench
  const { boards, rate, seconds } = options
  const { sluice, browser } = await setStage(bench)
  log(`${boards} boards connect`)
  await startFleet(cleanup, { mqttPort: sluice.mqttPort, boards, rate })
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })
  const page = await context.newPage()
  const asked = performance.now()
  await page.goto(sluice.http)
  await page.getByText(nameOf(0)).first().waitFor()
  const shown = performance.now() - asked
  await page.getByText('Live', { exact: true }).waitFor()

  const watch = (view: string): Promise<FrameWork> => {
    log(`the ${view} is watched`)
    return watchFrames(page, seconds * 1_000)
  }
  const list = await watch('list')
  const scrolled = await scrolling(page, () => watch('list, scrolled'))
  await page.goto(`${sluice.http}/#/device/${nameOf(0)}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  const device = await watch('device')
  await page.goto(`${sluice.http}/#/system`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  const system = await watch('system')

  return {
    title: `${boards} boards × ${rate}/s in Chromium ${browser.version()}, without a graphics processor`,
    lines: [
      figure('the list is shown after', 'ms', shown),
      ...linesOf('list', list),
      ...linesOf('list, scrolled', scrolled),
      ...linesOf('device', device),
      ...linesOf('system', system),
    ],
    problems: [],
    notes: ['all processes share the cores: boards, Sluice, Postgres, browser'],
  }
}
