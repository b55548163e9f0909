import { resolve } from 'node:path'
import type { Cleanup } from '../cleanup.ts'
import type { Address } from '../jobs.ts'
import { HOST } from '../loopback.ts'
import { runModule, whileRunning } from '../processes.ts'
import type { ScenarioReport } from '../scenario.ts'
import { startSluice } from '../targets.ts'
import type { FleetOptions, FleetScenarioName } from './options.ts'

const START_TIMEOUT_MS = 10_000

export interface FleetBench {
  readonly options: FleetOptions
  /** Ended after each scenario. */
  readonly cleanup: Cleanup
  log(line: string): void
}

export interface FleetScenario {
  readonly name: FleetScenarioName
  run(bench: FleetBench): Promise<ScenarioReport>
}

/** An HTTP server under load, started for one scenario alone. */
export interface HttpTarget {
  readonly name: 'bare' | 'sluice'
  readonly address: Address
  readonly pid: number
  stop(): Promise<void>
}

/** Sluice as `npm start` runs it, with its embedded Postgres. */
export const startSluiceHttp = async ({ cleanup, options }: FleetBench): Promise<HttpTarget> => {
  const { profileDir, tempDir } = options
  const nodeArgs = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profileDir)}`]
  const { http, pid, stop } = await startSluice(cleanup, tempDir, { redisUrl: undefined, nodeArgs })
  if (http === undefined) throw new Error('Sluice told no HTTP address')
  return { name: 'sluice', address: http, pid, stop }
}

/** A bare `node:http` that answers a constant. */
export const startBareHttp = async ({ cleanup }: FleetBench): Promise<HttpTarget> => {
  const running = runModule('bare node:http', './fleet/bare-http.js')
  const stop = cleanup.add(() => running.end('SIGTERM', 2000))
  const listening = new Promise<number>((resolve) => {
    running.child.once('message', (message) => resolve((message as { port: number }).port))
  })
  const port = await whileRunning(running, listening, START_TIMEOUT_MS)
  return { name: 'bare', address: { host: HOST, port }, pid: running.pid, stop }
}
