import { monitorEventLoopDelay } from 'node:perf_hooks'
import { monotonicMs } from '../../jobs.ts'

const RESOLUTION_MS = 5

/** Whether the generator itself was the limit. */
export interface GeneratorHealth {
  /** The share of one core it used. */
  readonly cpu: number
  /** How late its event loop came to a timer, 99th percentile: a part of every latency that is not the server's. */
  readonly lagP99Ms: number
}

export const startHealth = (): (() => GeneratorHealth) => {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  const cpu = process.cpuUsage()
  const startedAt = monotonicMs()
  return () => {
    delays.disable()
    const { user, system } = process.cpuUsage(cpu)
    return {
      cpu: (user + system) / 1000 / (monotonicMs() - startedAt),
      lagP99Ms: Math.max(0, delays.percentile(99) / 1e6 - RESOLUTION_MS),
    }
  }
}
