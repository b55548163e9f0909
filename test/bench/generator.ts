import type { Cleanup } from './cleanup.ts'
import type {
  FromGenerator,
  IdleJob,
  IdleResult,
  Job,
  OpenJob,
  OpenResult,
  ResultOf,
  ToGenerator,
} from './jobs.ts'
import { type Running, runModule, whileRunning } from './processes.ts'

const START_TIMEOUT_MS = 10_000

/** The load generator as the orchestrator sees it: one job at a time. */
export interface Generator {
  readonly pid: number
  run<K extends 'closed' | 'open' | 'flood' | 'overload'>(
    job: Extract<Job, { kind: K }>,
    timeoutMs: number,
  ): Promise<ResultOf[K]>
  /** Connects idle boards, runs `meanwhile` while they are connected, and releases them. */
  holdIdle<T>(job: IdleJob, meanwhile: () => Promise<T>, timeoutMs: number): Promise<[T, IdleResult]>
  /** Publishes at a fixed rate while `meanwhile` runs; `timeoutMs` is for the connecting and for the last acks. */
  publishDuring<T>(job: OpenJob, meanwhile: () => Promise<T>, timeoutMs: number): Promise<[T, OpenResult]>
}

const nextMessage = (running: Running): Promise<FromGenerator> =>
  new Promise((resolve) => running.child.once('message', (message) => resolve(message as FromGenerator)))

export const startGenerator = async (cleanup: Cleanup): Promise<Generator> => {
  const running = runModule('the load generator', './load-generator.js')
  cleanup.add(() => running.end('SIGTERM', 2000))
  const answer = async (timeoutMs: number): Promise<FromGenerator> => {
    const message = await whileRunning(running, nextMessage(running), timeoutMs)
    if ('failed' in message) throw new Error(`the load generator failed: ${message.failed}`)
    return message
  }
  const ask = (message: ToGenerator, timeoutMs: number): Promise<FromGenerator> => {
    const answered = answer(timeoutMs)
    running.child.send(message)
    return answered
  }
  const resultOf = <R>(message: FromGenerator): R => {
    if (!('result' in message)) throw new Error('the load generator answered out of turn')
    return message.result as R
  }
  await answer(START_TIMEOUT_MS)

  const during = async <T, R>(job: Job, meanwhile: () => Promise<T>, timeoutMs: number): Promise<[T, R]> => {
    const holding = await ask({ run: job }, timeoutMs)
    if (!('holding' in holding)) throw new Error('the load generator answered out of turn')
    const measured = await meanwhile()
    return [measured, resultOf<R>(await ask({ release: true }, timeoutMs))]
  }

  return {
    pid: running.pid,
    run: async (job, timeoutMs) => resultOf(await ask({ run: job }, timeoutMs)),
    holdIdle: during,
    publishDuring: (job, ...rest) => during({ ...job, untilReleased: true }, ...rest),
  }
}
