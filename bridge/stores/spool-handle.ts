/**
 * Holds the LevelDB of a spool open, and opens it again after a failed write: LevelDB refuses every write
 * that follows one it could not sync (a full disk, say), until then.
 */
import { BridgeError } from '../core/errors.ts'
import { type Level, levelBroken, openLevel } from './level-open.ts'

export interface SpoolHandle {
  /** Opens the database and says what was damaged, if anything was. */
  open(): Promise<string | null>
  /** The open database. Throws STOPPING when it is not open. */
  db(): Level
  /** Runs a write; remembers when it failed. Throws SPOOL_BROKEN. */
  attempt(write: (db: Level) => Promise<void>): Promise<void>
  /** Whether the last write failed. */
  readonly failed: boolean
  /** Closes and opens again, mending what is damaged; concurrent callers share one. */
  reopen(): Promise<void>
  close(): Promise<void>
}

/** Most of what is written is deleted within a second: a large write buffer spares the merging of files. */
const WRITE_BUFFER_BYTES = 16 * 1024 * 1024

/** A handle on the spool's LevelDB in `folder`, made there if absent. Not open yet. */
export const createSpoolHandle = (folder: string, onDamage: (detail: string) => void): SpoolHandle => {
  const options = { folder, what: 'spool', writeBufferBytes: WRITE_BUFFER_BYTES }
  let database: Level | undefined
  let failed = false
  let closed = true
  let reopening: Promise<void> | undefined

  const open = async (): Promise<string | null> => {
    const opened = await openLevel(options)
    database = opened.db
    failed = false
    closed = false
    return opened.damage
  }

  const db = (): Level => {
    if (database === undefined) throw new BridgeError('STOPPING', 'The spool is not open')
    return database
  }

  const reopenOnce = async (): Promise<void> => {
    const old = database
    database = undefined
    await old?.close()
    if (closed) throw new BridgeError('STOPPING', 'The spool is closed')
    const damage = await open()
    if (damage !== null) onDamage(damage)
  }

  return {
    open,
    db,
    get failed() {
      return failed
    },
    attempt: async (write) => {
      try {
        await write(db())
      } catch (cause) {
        failed = true
        throw levelBroken(options, cause)
      }
    },
    reopen: () => {
      reopening ??= reopenOnce().finally(() => {
        reopening = undefined
      })
      return reopening
    },
    close: async () => {
      closed = true
      await reopening?.catch(() => {})
      const old = database
      database = undefined
      await old?.close()
    },
  }
}
