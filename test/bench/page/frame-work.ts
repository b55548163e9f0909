/**
 * What the main thread of a page does for each frame. A browser shows 60 frames a second however little there is to
 * do, so the time between two says nothing below 16.7 ms. Measured is the work: from the begin of a frame (its first
 * callback) until what was posted then is run, which is after its callbacks, style, layout and paint.
 */
import type { Page } from 'playwright-core'
import { quantile } from '../statistics.ts'

export interface FrameWork {
  readonly frames: number
  /** Milliseconds of work in a frame. */
  readonly median: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  /** Milliseconds from one frame to the next. */
  readonly between: number
  readonly betweenP99: number
  /** Tasks of over 50 ms. */
  readonly longTasks: number
  /** Share of the time in which the main thread did something. */
  readonly busy: number
  readonly heapMiB: number
}

interface Seen {
  readonly work: readonly number[]
  readonly between: readonly number[]
  readonly longTasks: number
}

/** Run in the page as text: it knows neither this module nor its types. */
const WATCH = `(ms) => new Promise((resolve) => {
  const work = [], between = []
  let longTasks = 0, last
  const observer = new PerformanceObserver((list) => { longTasks += list.getEntries().length })
  observer.observe({ entryTypes: ['longtask'] })
  const { port1, port2 } = new MessageChannel()
  const end = performance.now() + ms
  let began
  port1.onmessage = () => {
    work.push(performance.now() - began)
    if (performance.now() < end) return
    observer.disconnect()
    resolve({ work, between, longTasks })
  }
  const frame = (at) => {
    began = performance.now()
    if (last !== undefined) between.push(at - last)
    last = at
    if (began < end) requestAnimationFrame(frame)
    port2.postMessage(0)
  }
  requestAnimationFrame(frame)
})`

/** Watches a page for so long. */
export const watchFrames = async (page: Page, ms: number): Promise<FrameWork> => {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable')
  const metrics = async () => {
    const { metrics: told } = await devtools.send('Performance.getMetrics')
    return (name: string): number => told.find((one) => one.name === name)?.value ?? Number.NaN
  }
  const before = await metrics()
  const seen = (await page.evaluate(`(${WATCH})(${ms})`)) as Seen
  const after = await metrics()
  const work = seen.work.toSorted((a, b) => a - b)
  const between = seen.between.toSorted((a, b) => a - b)
  return {
    frames: work.length,
    median: quantile(work, 0.5),
    p95: quantile(work, 0.95),
    p99: quantile(work, 0.99),
    max: quantile(work, 1),
    between: quantile(between, 0.5),
    betweenP99: quantile(between, 0.99),
    longTasks: seen.longTasks,
    busy: (after('TaskDuration') - before('TaskDuration')) / (after('Timestamp') - before('Timestamp')),
    heapMiB: after('JSHeapUsedSize') / 2 ** 20,
  }
}
