import type { Cleanup } from '../cleanup.ts'
import { runModule, whileRunning } from '../processes.ts'
import type {
  FleetJob,
  FleetResultOf,
  FromFleet,
  Timed,
  ToFleet,
  ViewersJob,
  ViewersResult,
} from './fleet-jobs.ts'

const START_TIMEOUT_MS = 10_000
const VIEWERS_TIMEOUT_MS = 60_000
/** Beyond the load's own time: its last answers, and summing up. */
const EXTRA_MS = 30_000

/** A load generator as the orchestrator sees it: one job at a time. */
export interface FleetGenerator {
  run<K extends 'boards' | 'cameras'>(job: Extract<FleetJob, { kind: K }> & Timed): Promise<FleetResultOf[K]>
  /** Connects viewers, runs `meanwhile` while they watch, and releases them. */
  watch<T>(job: ViewersJob, meanwhile: () => Promise<T>): Promise<[T, ViewersResult]>
  end(): Promise<void>
}

export const startFleetGenerator = async (cleanup: Cleanup): Promise<FleetGenerator> => {
  const running = runModule('the fleet generator', './fleet/fleet-generator.js')
  const end = cleanup.add(() => running.end('SIGTERM', 2000))
  const answer = async (timeoutMs: number): Promise<FromFleet> => {
    const next = new Promise<FromFleet>((resolve) =>
      running.child.once('message', (message) => resolve(message as FromFleet)),
    )
    const message = await whileRunning(running, next, timeoutMs)
    if ('failed' in message) throw new Error(`the fleet generator failed: ${message.failed}`)
    return message
  }
  const ask = (message: ToFleet, timeoutMs: number): Promise<FromFleet> => {
    const answered = answer(timeoutMs)
    running.child.send(message)
    return answered
  }
  const resultOf = <R>(message: FromFleet): R => {
    if (!('result' in message)) throw new Error('the fleet generator answered out of turn')
    return message.result as R
  }
  await answer(START_TIMEOUT_MS)

  return {
    run: async (job: FleetJob & Timed) =>
      resultOf(await ask({ run: job }, (job.warmupSeconds + job.seconds) * 1000 + EXTRA_MS)),
    watch: async (job, meanwhile) => {
      const holding = await ask({ run: job }, VIEWERS_TIMEOUT_MS)
      if (!('holding' in holding)) throw new Error('the fleet generator answered out of turn')
      const measured = await meanwhile()
      return [measured, resultOf(await ask({ release: true }, VIEWERS_TIMEOUT_MS))]
    },
    end,
  }
}
