/**
 * The order of the program's parts: started one after the other, stopped in reverse. Each is a name, a start
 * and a stop; when one fails to start, those before it are stopped again.
 */
import { BridgeError } from '../bridge/index.ts'

export interface Part {
  readonly name: string
  readonly start?: () => Promise<unknown>
  readonly stop?: () => Promise<unknown>
}

export interface Lifecycle {
  /** Starts all parts. Concurrent callers share one start. */
  start(): Promise<void>
  /**
   * Stops all started parts in reverse, each whatever became of the others, all within `timeoutMs`.
   * Throws an AggregateError of what failed, and TIMEOUT naming the parts that were not done in time.
   */
  stop(timeoutMs: number): Promise<void>
}

/** A lifecycle of these parts. */
export const createLifecycle = (parts: readonly Part[]): Lifecycle => {
  const started: Part[] = []
  let starting: Promise<void> | undefined
  let stopping: Promise<void> | undefined

  const stopAll = async (): Promise<void> => {
    const errors: unknown[] = []
    for (let part = started.at(-1); part !== undefined; part = started.at(-1)) {
      try {
        await part.stop?.()
      } catch (error) {
        errors.push(error)
      }
      // Only now, so that a part which never stops is among those still to stop.
      started.pop()
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Not everything stopped cleanly')
  }

  const startAll = async (): Promise<void> => {
    for (const part of parts) {
      if (stopping !== undefined) return
      // Counted before it is up: half a start has to be stopped as well.
      started.push(part)
      try {
        await part.start?.()
      } catch (error) {
        await stopAll().catch(() => undefined)
        throw error
      }
    }
  }

  const stopInTime = async (timeoutMs: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new BridgeError('TIMEOUT', `Not stopped within ${timeoutMs} ms; still to stop: ${pending()}`))
      }, timeoutMs)
    })
    try {
      await Promise.race([(starting ?? Promise.resolve()).catch(() => undefined).then(stopAll), timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  const pending = (): string => started.map(({ name }) => name).join(', ')

  return {
    start: () => {
      starting ??= startAll()
      return starting
    },
    stop: (timeoutMs) => {
      stopping ??= stopInTime(timeoutMs)
      return stopping
    },
  }
}
