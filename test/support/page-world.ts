/** What tests of the page stand on: a browser, the built program on a database of its own, and the command `sluice`. */
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { type OpenedPage, openPage, type PageOptions } from './browser.ts'
import { launchChromium } from './chromium.ts'
import { freshDatabase } from './database.ts'
import { freshDataDir, type Settings, type Sluice, startSluice } from './sluice.ts'

type Later = (cleanup: () => Promise<unknown> | unknown) => void

const CLI = resolve(import.meta.dirname, '../../dist/src/cli/main.js')

export interface PageWorld {
  readonly sluice: Sluice
  open(options?: Partial<PageOptions>): Promise<OpenedPage>
  /** Ends the program and starts it again on the same ports and data. */
  restart(meanwhile?: () => Promise<unknown>): Promise<void>
  /** Runs `npx sluice …` against the same data; gives what it printed. */
  command(...args: readonly string[]): Promise<string>
}

/** One Chromium for the tests of a file. */
export const useChromium = (): (() => Browser) => {
  let browser: Browser | undefined
  beforeAll(async () => {
    browser = await launchChromium()
  }, 90_000)
  afterAll(() => browser?.close())
  return () => {
    if (browser === undefined) throw new Error('the browser did not start')
    return browser
  }
}

/** The program with these settings, on an empty database; all is gone after the test. */
export const startPageWorld = async (
  browser: () => Browser,
  later: Later,
  settings: Settings = {},
): Promise<PageWorld> => {
  const database = await freshDatabase()
  later(database.drop)
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const env = { DATA_DIR: dataDir, DATABASE_URL: database.url, ...settings }
  let sluice = await startSluice(env)
  later(() => sluice.end('SIGTERM'))
  return {
    get sluice() {
      return sluice
    },
    open: (options = {}) => openPage(later, { browser: browser(), http: sluice.http, ...options }),
    restart: async (meanwhile) => {
      const { httpPort, mqttPort } = sluice
      await sluice.end('SIGTERM')
      await meanwhile?.()
      sluice = await startSluice({ ...env, PORT: String(httpPort), MQTT_PORT: String(mqttPort) })
    },
    command: async (...args) => {
      const options = { cwd: tmpdir(), env: { PATH: process.env.PATH, ...env } }
      const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], options)
      return stdout
    },
  }
}

/** Where files of packages are. */
export const packageFile = (name: string): string =>
  join(resolve(import.meta.dirname, '../../node_modules'), name)
