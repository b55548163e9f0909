/**
 * Holds the LevelDB of a spool open. It is opened again after a failed write, for LevelDB refuses every write
 * that follows one it could not sync (a full disk, say), and mended when a read meets damage.
 */
import { BridgeError, isBridgeError } from '../core/errors.ts'
import { isDamage, type Level, levelBroken, levelMessage, type OpenedLevel } from './level-database.ts'
import { mendLevel } from './level-mend.ts'
import { openLevel, reopenLevel } from './level-open.ts'

export interface SpoolHandle {
  /** Opens the database and says what was damaged, if anything was. */
  open(): Promise<string | null>
  /** The open database. Throws STOPPING when it is not open. */
  db(): Level
  /**
   * Runs a write, any write: after one that failed LevelDB refuses those that follow, or appends them to a log that
   * cannot be read back. So the next one opens the database again first. Throws SPOOL_BROKEN.
   */
  attempt(write: (db: Level) => Promise<void>): Promise<void>
  /** Runs a read; when it meets damage, mends and runs it again. */
  reading<T>(read: (db: Level) => Promise<T>): Promise<T>
  /** The pairs of a range in order; when damage is met, it is mended and the rest of the range follows. */
  pairs(range: Range): AsyncGenerator<readonly [Buffer, Buffer]>
  close(): Promise<void>
}

/** Which keys, and in which order. */
export interface Range {
  readonly gte: Buffer
  readonly lt: Buffer
  readonly reverse?: boolean
}

const READ_AHEAD_BYTES = 1024 * 1024

/** What is left of a range after `key` was read. */
const rest = (range: Range, key: Buffer | undefined): Range => {
  if (key === undefined) return range
  // The next key in order is the same with a zero byte at its end.
  return range.reverse === true
    ? { ...range, lt: key }
    : { ...range, gte: Buffer.concat([key, Buffer.of(0)]) }
}

export interface SpoolHandleEvents {
  /** The database was mended while it was in use; nobody uses it before this resolves. */
  mended(db: Level): Promise<void>
  /** What was found and done, in one sentence. */
  onDamage(detail: string): void
}

/** Most of what is written is deleted within a second: a large write buffer spares the merging of files. */
const WRITE_BUFFER_BYTES = 16 * 1024 * 1024

/** A handle on the spool's LevelDB in `folder`, made there if absent. Not open yet. */
export const createSpoolHandle = (folder: string, events: SpoolHandleEvents): SpoolHandle => {
  const options = { folder, what: 'spool', writeBufferBytes: WRITE_BUFFER_BYTES }
  let database: Level | undefined
  let failed = false
  let closed = true
  let reopening: Promise<void> | undefined

  const take = (opened: OpenedLevel): string | null => {
    database = opened.db
    failed = false
    closed = false
    return opened.damage
  }

  const db = (): Level => {
    if (database === undefined) throw new BridgeError('STOPPING', 'The spool is not open')
    return database
  }

  const againOnce = async (openAgain: () => Promise<OpenedLevel>): Promise<void> => {
    const old = database
    database = undefined
    await old?.close()
    if (closed) throw new BridgeError('STOPPING', 'The spool is closed')
    const damage = take(await openAgain())
    if (damage === null) return
    await events.mended(db())
    events.onDamage(damage)
  }

  const again = (openAgain: () => Promise<OpenedLevel>): Promise<void> => {
    reopening ??= againOnce(openAgain).finally(() => {
      reopening = undefined
    })
    return reopening
  }

  const mend = async (error: unknown): Promise<void> => {
    if (!isDamage(error)) throw error
    await again(() => mendLevel(options, levelMessage(error)))
  }

  async function* pairs(range: Range): AsyncGenerator<readonly [Buffer, Buffer]> {
    let last: Buffer | undefined
    for (let mended = false; ; mended = true) {
      try {
        const left = { ...rest(range, last), highWaterMarkBytes: READ_AHEAD_BYTES }
        for await (const pair of db().iterator(left)) {
          yield pair
          last = pair[0]
        }
        return
      } catch (error) {
        if (mended) throw error
        await mend(error)
      }
    }
  }

  return {
    open: async () => take(await openLevel(options)),
    db,
    attempt: async (write) => {
      try {
        await (failed ? again(() => reopenLevel(options)) : reopening)
        await write(db())
      } catch (cause) {
        failed = true
        if (isDamage(cause)) await again(() => mendLevel(options, levelMessage(cause)))
        throw isBridgeError(cause) ? cause : levelBroken(options, cause)
      }
    },
    reading: async (read) => {
      try {
        return await read(db())
      } catch (error) {
        await mend(error)
        return read(db())
      }
    },
    pairs,
    close: async () => {
      closed = true
      await reopening?.catch(() => {})
      const old = database
      database = undefined
      await old?.close()
    },
  }
}
