/**
 * Opens a LevelDB whatever state its files are in: what is damaged must not keep the broker from starting. It
 * is mended as far as LevelDB can, else the folder is put aside (never deleted) and a new one begun.
 */
import { access, constants, mkdir, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { BridgeError } from '../core/errors.ts'

export type Level = ClassicLevel<Buffer, Buffer>

export interface OpenedLevel {
  readonly db: Level
  /** What was damaged and what was done, in one sentence; null when nothing was. */
  readonly damage: string | null
}

export interface LevelOptions {
  readonly folder: string
  /** What the folder holds, for error messages: `spool`, `sessions`. */
  readonly what: string
  readonly writeBufferBytes?: number
}

const openAt = async ({ folder, writeBufferBytes }: LevelOptions): Promise<Level> => {
  const db: Level = new ClassicLevel<Buffer, Buffer>(folder, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    compression: false,
    ...(writeBufferBytes === undefined ? {} : { writeBufferSize: writeBufferBytes }),
  })
  await db.open()
  return db
}

// Read by name, not by class: LevelDB's errors come from native code.
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

const causeCode = (error: unknown): unknown => field(field(error, 'cause'), 'code')

/** True when LevelDB found its own files damaged. */
export const isCorruption = (error: unknown): boolean =>
  field(error, 'code') === 'LEVEL_CORRUPTION' || causeCode(error) === 'LEVEL_CORRUPTION'

/** What LevelDB itself said. */
const levelMessage = (error: unknown): string =>
  String(field(field(error, 'cause'), 'message') ?? field(error, 'message') ?? error)

/** The error of a LevelDB that cannot be used: SPOOL_BROKEN, with what LevelDB said. */
export const levelBroken = ({ folder, what }: LevelOptions, cause: unknown): BridgeError =>
  new BridgeError('SPOOL_BROKEN', `${folder} (${what}) cannot be used: ${levelMessage(cause)}`, {
    cause,
  })

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

const isDataFile = (name: string): boolean => /^(\d+\.(log|ldb|sst)|MANIFEST-\d+)$/.test(name)

/**
 * What LevelDB would open without its data, or not at all: it looks for its files by CURRENT, which names the
 * manifest. Without CURRENT it would begin anew and delete them.
 */
const missingFile = async (folder: string): Promise<string | undefined> => {
  const names = await readdir(folder)
  if (!names.some(isDataFile)) return undefined
  if (!names.includes('CURRENT')) return 'CURRENT is missing'
  const manifest = (await readFile(join(folder, 'CURRENT'), 'utf8')).trim()
  if (manifest.startsWith('MANIFEST-') && !names.includes(manifest)) return `${manifest} is missing`
  for (const name of names.filter((each) => each.endsWith('.ldb'))) {
    // LevelDB maps tables into memory, and an empty file cannot be mapped: an I/O error, at the first read only.
    if ((await stat(join(folder, name))).size === 0) return `${name} is empty`
  }
  return undefined
}

const mend = async (options: LevelOptions, reason: string): Promise<OpenedLevel> => {
  const { folder } = options
  try {
    await ClassicLevel.repair(folder)
    return { db: await openAt(options), damage: `${reason}; repaired in place` }
  } catch (cause) {
    // A full disk or a missing right is no damage: moving the folder away would lose what it holds.
    if (!isCorruption(cause)) throw levelBroken(options, cause)
    const aside = `${folder}.damaged-${Date.now()}`
    await rename(folder, aside)
    return { db: await openAt(options), damage: `${reason}; put aside as ${aside} and begun anew` }
  }
}

/**
 * Opens or makes the LevelDB in `folder`.
 * Throws SPOOL_LOCKED when another process has it, SPOOL_BROKEN when the folder cannot be written.
 */
export const openLevel = async (options: LevelOptions): Promise<OpenedLevel> => {
  await assertWritable(options)
  const missing = await missingFile(options.folder)
  if (missing !== undefined) return mend(options, missing)
  try {
    return { db: await openAt(options), damage: null }
  } catch (cause) {
    if (causeCode(cause) === 'LEVEL_LOCKED') {
      const { folder, what } = options
      throw new BridgeError(
        'SPOOL_LOCKED',
        `${folder} (${what}) is in use by another Sluice: stop that one, or give this one a DATA_DIR of its own`,
        { cause },
      )
    }
    if (!isCorruption(cause)) throw levelBroken(options, cause)
    return mend(options, levelMessage(cause))
  }
}
