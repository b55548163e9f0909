/**
 * Hears of changed credentials over a connection of its own that only listens: the trigger of the table sends the
 * name of each that changed when it is committed. The connection is asked for a sign of life regularly, so one whose
 * network went away without a word is noticed, and made again as often as it takes. What was changed in between
 * nobody hears of: after each such gap all may have changed.
 *
 * A pooler between here and Postgres must keep sessions (not transactions) together, or nothing is heard.
 */
import { Socket } from 'node:net'
import pg from 'pg'
import type { CredentialChanges } from '../core/credential.ts'
import type { BridgeError } from '../core/errors.ts'
import { RETRY_POLICIES, retryDelay } from '../core/retry.ts'
import { readError } from './postgres-errors.ts'

export interface PostgresCredentialChangesOptions {
  /** Secret: may hold a password. */
  readonly url: string
  /** For connecting, and for each sign of life. Default 5,000. */
  readonly timeoutMs?: number
  /** How often a sign of life is asked for. Default 15,000. */
  readonly keepaliveMs?: number
  /** Told when it begins to listen, and when it no longer can: once for each outage, with why. */
  readonly onListening?: (listening: boolean, error?: BridgeError) => void
  readonly random?: () => number
}

const LISTEN = 'LISTEN sluice_credentials'
/** Nothing is lost with the connection: a server that hangs is not waited for. */
const GOODBYE_MS = 200

/** A connection that listens, until it is gone. */
interface Ear {
  /** Resolves with the reason when the connection is lost or closed; never rejects. */
  readonly gone: Promise<unknown>
  /** Ends it; the other end is told, but not waited for long. */
  close(): Promise<void>
}

interface EarOptions {
  readonly url: string
  readonly timeoutMs: number
  readonly keepaliveMs: number
}

/** `hold` is given the way to break off as soon as there is a socket. Rejects with errors of `pg`. */
const openEar = async (
  { url, timeoutMs, keepaliveMs }: EarOptions,
  onName: (name: string | undefined) => void,
  hold: (breakOff: () => void) => void,
): Promise<Ear> => {
  const socket = new Socket()
  const client = new pg.Client({
    connectionString: url,
    application_name: 'sluice credentials',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream: () => socket,
  })
  hold(() => socket.destroy())
  const gone = new Promise<unknown>((resolve) => {
    client.on('error', resolve) // unheard, it would end the process
    client.on('end', () => resolve(new Error('the connection was closed')))
  })
  client.on('notification', ({ payload }) => onName(payload === '' ? undefined : payload))
  try {
    await client.connect()
    await client.query(LISTEN)
  } catch (error) {
    socket.destroy()
    throw error
  }
  const timer = setInterval(() => {
    client.query('SELECT').catch(() => socket.destroy())
  }, keepaliveMs)
  void gone.then(() => {
    clearInterval(timer)
    socket.destroy()
  })
  const close = async (): Promise<void> => {
    const late = setTimeout(() => socket.destroy(), GOODBYE_MS)
    await client.end().catch(() => {})
    clearTimeout(late)
    socket.destroy()
  }
  return { gone, close }
}

/** See the head of this file. Nothing is connected before `start`, which resolves after the first attempt. */
export const createPostgresCredentialChanges = (
  options: PostgresCredentialChangesOptions,
): CredentialChanges => {
  const { timeoutMs = 5_000, keepaliveMs = 15_000, onListening = () => {}, random = Math.random } = options
  let started: Promise<void> | undefined
  let running: Promise<void> = Promise.resolve()
  let stopped = false
  let interrupt = (): void => {}
  let ear: Ear | undefined

  const pause = (attempt: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, retryDelay(attempt, RETRY_POLICIES.postgres, random))
      interrupt = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** Listens for as long as the connection lasts; throws when there was none. */
  const listenOnce = async (
    onName: (name: string | undefined) => void,
    onOpen: () => void,
  ): Promise<unknown> => {
    ear = await openEar({ url: options.url, timeoutMs, keepaliveMs }, onName, (breakOff) => {
      interrupt = breakOff
    })
    if (stopped) await ear.close()
    else onOpen()
    return await ear.gone
  }

  const run = async (onChanged: (name: string | undefined) => void, onTried: () => void): Promise<void> => {
    let listening: boolean | undefined
    let missed = false
    let failures = 0
    const onOpen = (): void => {
      failures = 0
      listening = true
      onListening(true)
      if (missed) onChanged(undefined)
      onTried()
    }
    while (!stopped) {
      const why = await listenOnce(onChanged, onOpen).catch((error: unknown) => error)
      ear = undefined
      if (stopped) break
      if (listening !== false) onListening(false, readError(why, 'Listening for changed credentials'))
      listening = false
      missed = true
      failures += 1
      onTried()
      await pause(failures)
    }
    onTried()
  }

  return {
    start: (onChanged) => {
      started ??= new Promise((resolve) => {
        running = run(onChanged, resolve)
      })
      return started
    },
    stop: async () => {
      stopped = true
      if (ear === undefined) interrupt()
      else await ear.close()
      await running
    },
  }
}
