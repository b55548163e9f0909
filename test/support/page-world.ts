/** What tests of the page stand on: a browser, the built program on a database of its own, and the command `sluice`. */
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from '@jest/globals'
import mqtt, { type MqttClient } from 'mqtt'
import type { Browser } from 'playwright-core'
import { type OpenedPage, openPage, type PageOptions } from './browser.ts'
import { launchChromium } from './chromium.ts'
import { freshDatabase } from './database.ts'
import { freshDataDir, type Settings, type Sluice, startSluice } from './sluice.ts'

type Later = (cleanup: () => Promise<unknown> | unknown) => void

const CLI = resolve(import.meta.dirname, '../../dist/src/cli/main.js')

export interface PageWorld {
  readonly sluice: Sluice
  /** `until`: what closes it, when that is not what ends the program. */
  open(options?: Partial<PageOptions>, until?: Later): Promise<OpenedPage>
  /** Ends the program and starts it again on the same ports and data. */
  restart(meanwhile?: () => Promise<unknown>): Promise<void>
  /** What each of the commands printed. */
  readonly said: readonly string[]
}

export interface Board {
  readonly client: MqttClient
  /** Resolves when it was acked. A text goes as it is. */
  send(reading: object | string): Promise<unknown>
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

const runCommand = async (env: Settings, args: readonly string[]): Promise<string> => {
  const options = { cwd: tmpdir(), env: { PATH: process.env.PATH, ...env } }
  return (await promisify(execFile)(process.execPath, [CLI, ...args], options)).stdout
}

/**
 * The program with these settings, on an empty database; all is gone after the test. `commands` are run before it
 * is started.
 */
export const startPageWorld = async (
  browser: () => Browser,
  later: Later,
  settings: Settings = {},
  commands: readonly (readonly string[])[] = [],
): Promise<PageWorld> => {
  const database = await freshDatabase()
  later(database.drop)
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const env = { DATA_DIR: dataDir, DATABASE_URL: database.url, ...settings }
  const said: string[] = []
  for (const args of commands) said.push(await runCommand(env, args))
  let sluice = await startSluice(env)
  later(() => sluice.end('SIGTERM'))
  return {
    get sluice() {
      return sluice
    },
    open: (options = {}, until = later) => {
      // Wherever it listens, it is asked as this machine.
      const http = `http://127.0.0.1:${sluice.httpPort}`
      return openPage(until, { browser: browser(), http, ...options })
    },
    restart: async (meanwhile) => {
      const { httpPort, mqttPort } = sluice
      await sluice.end('SIGTERM')
      await meanwhile?.()
      sluice = await startSluice({ ...env, PORT: String(httpPort), MQTT_PORT: String(mqttPort) })
    },
    said,
  }
}

/** A board on MQTT; it is disconnected after the test. */
export const connectBoard = async (
  later: Later,
  { mqttPort }: Pick<Sluice, 'mqttPort'>,
  clientId: string,
): Promise<Board> => {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { clientId, reconnectPeriod: 50 })
  later(() => client.endAsync(true))
  const send = (reading: object | string) => {
    const payload = typeof reading === 'string' ? reading : JSON.stringify(reading)
    return client.publishAsync(`sensors/${clientId}/data`, payload, { qos: 1 })
  }
  return { client, send }
}
