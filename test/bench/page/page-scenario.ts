import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../../support/chromium.ts'
import { type Sluice, startSluice } from '../../support/sluice.ts'
import type { Surroundings } from '../run-bench.ts'
import type { ScenarioReport } from '../scenario.ts'
import type { PageOptions } from './options.ts'

export interface PageBench extends Surroundings {
  readonly options: PageOptions
}

export type PageScenario = (bench: PageBench) => Promise<ScenarioReport>

export interface Stage {
  readonly sluice: Sluice
  readonly browser: Browser
}

/** Sluice as `npm start` runs it, with its embedded Postgres, and a Chromium. */
export const setStage = async ({ cleanup, options }: PageBench): Promise<Stage> => {
  const folder = await mkdtemp(join(options.tempDir, 'sluice-page-'))
  cleanup.add(() => rm(folder, { recursive: true, force: true }))
  const settings = { DATA_DIR: join(folder, 'data'), NODE_ENV: 'production', RATE_LIMIT_MAX: '100000' }
  const sluice = await startSluice(settings)
  cleanup.add(async () => void (await sluice.end('SIGTERM')))
  const browser = await launchChromium()
  cleanup.add(() => browser.close())
  return { sluice, browser }
}
