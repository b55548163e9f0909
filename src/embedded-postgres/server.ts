/** The embedded Postgres as a part that starts and stops, in whatever order and however often it is asked. */
import { BridgeError } from '../../bridge/index.ts'
import { createHolder, type EmbeddedPostgresOptions } from './holder.ts'
import type { ExitReport } from './postmaster.ts'

export interface StartedPostgres {
  /** Secret: holds the password. `postgres://sluice:…@127.0.0.1:PORT/sluice`. */
  readonly url: string
  /** Such as "PostgreSQL 18.4". */
  readonly version: string
}

export interface EmbeddedPostgres {
  /**
   * Resolves when the server answers SQL. Idempotent; works again after a stop, a failed start or a crash.
   * Rejects with EMBEDDED_POSTGRES (with what to do), or STOPPING when `stop` came first.
   */
  start(): Promise<StartedPostgres>
  /** Fast shutdown: open transactions are rolled back, all committed data is on disk. Idempotent. */
  stop(): Promise<void>
  /** The postmaster's; undefined when none is held. */
  readonly pid: number | undefined
  /** Called when a started server ends without `stop`; `start` may be called again from it. Returns its removal. */
  onExit(listener: (report: ExitReport) => void): () => void
}

interface Run {
  readonly abort: AbortController
  readonly started: Promise<StartedPostgres>
}

export const createEmbeddedPostgres = (options: EmbeddedPostgresOptions): EmbeddedPostgres => {
  const listeners = new Set<(report: ExitReport) => void>()
  let run: Run | undefined
  let stopping: Promise<void> | undefined

  const holder = createHolder(options, (report) => {
    run = undefined
    for (const listener of listeners) listener(report)
  })

  const begin = (): Run => {
    const abort = new AbortController()
    const started = Promise.resolve(stopping).then(async () => {
      const { url, version } = await holder.acquire(abort.signal)
      return { url, version }
    })
    const next: Run = { abort, started }
    started.catch(() => {
      if (run === next) run = undefined
    })
    return next
  }

  const end = async (ending: Run | undefined, before: Promise<void> | undefined): Promise<void> => {
    ending?.abort.abort(new BridgeError('STOPPING', 'The embedded Postgres was stopped while it started.'))
    await before
    await ending?.started.catch(() => undefined)
    await holder.release()
  }

  return {
    start: () => {
      run ??= begin()
      return run.started
    },
    stop: () => {
      if (stopping !== undefined && run === undefined) return stopping
      const mine = end(run, stopping).finally(() => {
        if (stopping === mine) stopping = undefined
      })
      run = undefined
      stopping = mine
      return mine
    },
    get pid() {
      return holder.pid
    },
    onExit: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
