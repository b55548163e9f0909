/** Ends in Postgres what nobody waits for any more: Postgres itself looks only when it has something to send. */
import pg from 'pg'

/** The session, not only what it is at: it may be between two statements. */
const END = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE pid = $1 AND usename = current_user AND datname = current_database() AND application_name = $2`

export interface Watch {
  readonly isGone: () => boolean
  /** To be awaited before the connection is given up, or whoever has its number next would be ended. */
  end(): Promise<void>
}

/** On a connection of its own: all of the pool may be busy. */
const endSession = async ({ options }: pg.Pool, processId: number): Promise<void> => {
  const other = new pg.Client(options)
  other.on('error', () => {})
  try {
    await other.connect()
    await other.query(END, [processId, options.application_name])
  } finally {
    await other.end()
  }
}

/** Ends the session of `client`, of the pool, when `signal` comes: it is of no use afterwards. */
export const endWhenGone = (pool: pg.Pool, client: pg.ClientBase, signal?: AbortSignal): Watch => {
  const { processID } = client as unknown as { readonly processID?: number | null }
  let ended: Promise<void> | undefined
  const onAbort = (): void => {
    if (typeof processID === 'number') ended = endSession(pool, processID).catch(() => {})
  }
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted === true) onAbort()
  return {
    isGone: () => signal?.aborted === true,
    end: async () => {
      signal?.removeEventListener('abort', onAbort)
      await ended
    },
  }
}
