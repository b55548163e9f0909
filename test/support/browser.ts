/**
 * A page of the running program in a browser context of its own. What goes wrong in it without being shown is noted:
 * errors of scripts and of the console, requests that failed, and requests to any other host. A test that ends with
 * one it did not expect fails.
 */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'

export interface Troubles {
  /** One line each. */
  readonly seen: readonly string[]
  /** From now on those that match are part of the test. */
  expect(pattern: RegExp): void
  /** Throws when there is one that was not expected. */
  check(): void
}

export interface OpenedPage {
  readonly page: Page
  readonly context: BrowserContext
  readonly troubles: Troubles
}

export interface PageOptions {
  readonly browser: Browser
  /** Of the server, such as `http://127.0.0.1:3000`. */
  readonly http: string
  /** What is behind the host. Default: `/`. */
  readonly path?: string
  readonly context?: BrowserContextOptions
  /** Called before the page is loaded. */
  readonly before?: (page: Page) => Promise<unknown>
}

type Later = (cleanup: () => Promise<unknown> | unknown) => void

/** A phone held upright. */
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
}

/** Fonts are drawn and numbers written alike wherever this runs. */
const EVERYWHERE: BrowserContextOptions = {
  locale: 'en-GB',
  timezoneId: 'UTC',
  viewport: { width: 1280, height: 800 },
  reducedMotion: 'reduce',
}

const isOwn = (url: string, host: string): boolean => {
  const { protocol, host: asked } = new URL(url)
  return protocol === 'data:' || protocol === 'blob:' || asked === host
}

const watch = (page: Page, http: string): Troubles => {
  const { host } = new URL(http)
  const seen: string[] = []
  const expected: RegExp[] = []
  page.on('pageerror', (error) => seen.push(`script: ${error.stack ?? error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      seen.push(`console: ${message.text()} (${message.location().url})`)
  })
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? 'no reason'
    // Whoever leaves a view does not wait for what it asked.
    if (why !== 'net::ERR_ABORTED') seen.push(`request: ${request.url()} ${why}`)
  })
  page.on('request', (request) => {
    if (!isOwn(request.url(), host)) seen.push(`another host: ${request.url()}`)
  })
  page.on('websocket', (socket) => {
    if (!isOwn(socket.url(), host)) seen.push(`another host: ${socket.url()}`)
  })
  const unexpected = () => seen.filter((line) => !expected.some((pattern) => pattern.test(line)))
  return {
    seen,
    expect: (pattern) => void expected.push(pattern),
    check: () => {
      const left = unexpected()
      if (left.length > 0) throw new Error(`in the browser:\n${left.join('\n')}`)
    },
  }
}

/** Opens the page; it is closed and its troubles are told by `later`. */
export const openPage = async (later: Later, options: PageOptions): Promise<OpenedPage> => {
  const { http, path = '/' } = options
  const context = await options.browser.newContext({ ...EVERYWHERE, ...options.context })
  later(() => context.close())
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const troubles = watch(page, http)
  later(() => troubles.check())
  await options.before?.(page)
  await page.goto(http + path)
  return { page, context, troubles }
}
