/**
 * Opens a LevelDB whatever state its files are in: what is damaged must not keep the broker from starting. It
 * is mended as far as can be, else the folder is put aside (never deleted) and a new one begun.
 */
import { access, constants, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BridgeError } from '../core/errors.ts'
import {
  causeCode,
  isDamage,
  type LevelOptions,
  levelBroken,
  levelMessage,
  type OpenedLevel,
  openAt,
} from './level-database.ts'
import { checkTables, isMending, mendLevel, missingFile, tornTable } from './level-mend.ts'

export type { Level } from './level-database.ts'

const assertWritable = async ({ folder, what }: LevelOptions): Promise<void> => {
  try {
    // What boards sent is nobody else's business on a shared machine.
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new BridgeError(
      'SPOOL_BROKEN',
      `The folder ${folder} (${what}) cannot be written: give this user the right to, or set DATA_DIR`,
      { cause },
    )
  }
}

const lockedError = ({ folder, what }: LevelOptions, cause: unknown): BridgeError =>
  new BridgeError(
    'SPOOL_LOCKED',
    `${folder} (${what}) is in use by another Sluice: stop that one, or give this one a DATA_DIR of its own`,
    { cause },
  )

/**
 * To be known before the files are looked at, while LevelDB must not open them yet: an empty database beside the
 * folder shares its lock file for a moment.
 */
const assertNotLocked = async (options: LevelOptions): Promise<void> => {
  const beside = await mkdtemp(`${resolve(options.folder)}.lock-`)
  try {
    await symlink(join(resolve(options.folder), 'LOCK'), join(beside, 'LOCK'))
    await (await openAt({ ...options, folder: beside })).close()
  } catch (cause) {
    if (causeCode(cause) === 'LEVEL_LOCKED') throw lockedError(options, cause)
    // Anything else (a full disk, say) the database itself will meet and name.
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

/**
 * Opens the LevelDB in `folder` as this process left it, without reading its tables through.
 * Throws like `openLevel`.
 */
export const reopenLevel = async (options: LevelOptions): Promise<OpenedLevel> => {
  try {
    return { db: await openAt(options), damage: null }
  } catch (cause) {
    if (causeCode(cause) === 'LEVEL_LOCKED') throw lockedError(options, cause)
    if (!isDamage(cause)) throw levelBroken(options, cause)
    return mendLevel(options, levelMessage(cause))
  }
}

/**
 * Opens or makes the LevelDB in `folder`, having read its tables through for damage.
 * Throws SPOOL_LOCKED when another process has it, SPOOL_BROKEN when the folder cannot be written.
 */
export const openLevel = async (options: LevelOptions): Promise<OpenedLevel> => {
  const { folder } = options
  await assertWritable(options)
  await assertNotLocked(options)
  if (await isMending(folder)) return mendLevel(options, 'a mend was interrupted')
  const missing = await missingFile(folder)
  if (missing !== undefined) return mendLevel(options, missing)
  const { damaged, unfinished } = await checkTables(folder)
  if (damaged[0] !== undefined) return mendLevel(options, `${damaged[0]} is damaged`)
  const opened = await reopenLevel(options)
  const torn = await tornTable(folder, unfinished)
  if (torn === undefined) return opened
  await opened.db.close()
  return mendLevel(options, `${torn} is cut short`)
}
