/**
 * Exports from Postgres: one COPY for each device, all in one transaction, on a connection of its own. The bytes go
 * through as they come, at the pace of whoever reads them; the rest waits in Postgres.
 *
 * An open transaction keeps vacuum from cleaning up, so an export has an end: when it is read too slowly its reader
 * is cut off by whoever reads (the HTTP route), and after `maxMs` it is ended here.
 */
import { Readable } from 'node:stream'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { BridgeError } from '../core/errors.ts'
import { type ExportQuery, partsOf } from '../core/export.ts'
import type { ReadingExport } from '../ports.ts'
import { readError } from './postgres-errors.ts'
import { copyPart, headerOf } from './postgres-export-sql.ts'
import { beginSnapshot } from './postgres-snapshot.ts'

export interface PostgresExportOptions {
  /** Secret. */
  readonly url: string
  /** At a time; default 4. */
  readonly maxRunning?: number
  /** Of one export; default an hour. */
  readonly maxMs?: number
  readonly connectTimeoutMs?: number
}

const NAME = 'sluice export'
const DOING = 'An export'
const END = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND application_name = '${NAME}'`

const connect = async ({ url, connectTimeoutMs = 5_000 }: PostgresExportOptions): Promise<pg.Client> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: NAME,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // What breaks the connection is reported by the query under way.
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Ends the connection and what it does, whatever that is: Postgres itself looks only when it has something to send. */
const endAtOnce = (client: pg.Client, pool: pg.Pool): void => {
  const { connection, processID } = client as unknown as {
    readonly connection?: { readonly stream?: { destroy(): void } }
    readonly processID?: number | null
  }
  connection?.stream?.destroy()
  if (processID !== undefined && processID !== null) pool.query(END, [processID]).catch(() => {})
}

type Take = (chunk: Buffer) => Promise<void> | undefined

/** The rows of all devices, chunk by chunk; `take` says when it can take more. */
const copyAll = async (client: pg.Client, query: ExportQuery, take: Take): Promise<void> => {
  let left = query.limit
  for (const part of partsOf(query)) {
    if (left === 0) break
    const copy = client.query(copyTo(copyPart(query, part, left)))
    for await (const chunk of copy) await take(chunk)
    if (left === undefined) continue
    // The number of rows comes behind the rows.
    await client.query('SELECT')
    left -= copy.rowCount
  }
  await client.query('COMMIT')
}

interface Export {
  readonly stream: Readable
  /** Settled once there is something to read, or nothing more to come. */
  readonly begun: Promise<void>
}

/** `onEnd` is told once, when the stream is read to its end (true), failed, or was destroyed. */
const createExport = (client: pg.Client, query: ExportQuery, onEnd: (whole: boolean) => void): Export => {
  let resume = (): void => {}
  let begin = (): void => {}
  let whole = false
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const stream = new Readable({
    highWaterMark: 65_536,
    read: () => resume(),
    destroy: (error, done) => {
      onEnd(whole)
      resume()
      begin()
      done(error)
    },
  })
  const take: Take = (chunk) => {
    begin()
    if (stream.destroyed) throw new BridgeError('STOPPING', 'Nobody reads the export any more')
    if (stream.push(chunk)) return undefined
    return new Promise((resolve) => {
      resume = resolve
    })
  }
  const header = headerOf(query)
  if (header !== '') stream.push(header)
  copyAll(client, query, take).then(
    () => {
      whole = true
      begin()
      if (!stream.destroyed) stream.push(null)
    },
    (error: unknown) => stream.destroy(readError(error, DOING)),
  )
  return { stream, begun }
}

export interface PostgresExport extends ReadingExport {
  /** As `open`; undefined when `admits` says that this server is not to be asked. */
  openIf(
    query: ExportQuery,
    signal: AbortSignal,
    admits: (client: pg.ClientBase) => Promise<boolean>,
  ): Promise<Readable | undefined>
}

const ANY_SERVER = async (): Promise<boolean> => true

/** `pool` is for ending what an export still does when its reader has gone. */
export const createPostgresExport = (pool: pg.Pool, options: PostgresExportOptions): PostgresExport => {
  const { maxRunning = 4, maxMs = 3_600_000 } = options
  let running = 0

  /** The stream, once it has begun; whatever becomes of it, its connection ends with it. */
  const begin = async (client: pg.Client, query: ExportQuery, settled: () => void): Promise<Readable> => {
    let stream: Readable | undefined
    const tooLong = (): void =>
      void stream?.destroy(new BridgeError('TIMEOUT', `${DOING} took over ${maxMs} ms`))
    const timer = setTimeout(tooLong, maxMs).unref()
    const made = createExport(client, query, (whole) => {
      clearTimeout(timer)
      settled()
      if (whole) client.end().catch(() => {})
      else endAtOnce(client, pool)
    })
    stream = made.stream
    // What fails before the first row is thrown below; from then on it is the reader's.
    stream.on('error', () => {})
    await made.begun
    if (stream.errored !== null) throw stream.errored
    return stream
  }

  const openIf: PostgresExport['openIf'] = async (query, signal, admits) => {
    if (running >= maxRunning) throw new BridgeError('BUSY', `${running} exports run already`)
    running += 1
    let client: pg.Client | undefined
    let begun = false
    const abort = (): void => {
      if (client !== undefined) endAtOnce(client, pool)
    }
    const settled = (): void => {
      signal.removeEventListener('abort', abort)
      running -= 1
    }
    signal.addEventListener('abort', abort)
    try {
      client = await connect(options)
      signal.throwIfAborted()
      if (!(await admits(client))) return undefined
      await beginSnapshot(client, 0)
      begun = true
      return await begin(client, query, settled)
    } catch (error) {
      if (signal.aborted) throw new BridgeError('STOPPING', 'Nobody waits for the export any more')
      throw readError(error, DOING)
    } finally {
      if (!begun) {
        settled()
        abort()
      }
    }
  }

  return {
    get running() {
      return running
    },
    openIf,
    open: async (query, signal) => {
      const stream = await openIf(query, signal, ANY_SERVER)
      if (stream === undefined) throw new BridgeError('STORE_UNAVAILABLE', `${DOING} was refused`)
      return stream
    },
  }
}
