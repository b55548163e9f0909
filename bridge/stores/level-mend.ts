/**
 * Finds what is damaged in the files of a LevelDB, and mends it: what LevelDB itself can neither read nor repair
 * is moved out of its way first (never deleted), and what is still whole in it is put back.
 */
import { access, mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import {
  isDamage,
  type Level,
  type LevelOptions,
  levelBroken,
  type OpenedLevel,
  openAt,
} from './level-database.ts'
import { checkTable, salvageTable } from './level-table.ts'

const isDataFile = (name: string): boolean => /^(\d+\.(log|ldb|sst)|MANIFEST-\d+)$/.test(name)

/**
 * What LevelDB would open without its data, or not at all: it looks for its files by CURRENT, which names the
 * manifest. Without CURRENT it would begin anew and delete them.
 */
export const missingFile = async (folder: string): Promise<string | undefined> => {
  const names = await readdir(folder)
  if (!names.some(isDataFile)) return undefined
  if (!names.includes('CURRENT')) return 'CURRENT is missing'
  const manifest = (await readFile(join(folder, 'CURRENT'), 'utf8')).trim()
  if (manifest.startsWith('MANIFEST-') && !names.includes(manifest)) return `${manifest} is missing`
  return undefined
}

const tablesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.ldb')).sort()

interface Tables {
  readonly damaged: readonly string[]
  /** Without an end: half written when a crash came, or cut short. */
  readonly unfinished: readonly string[]
}

/** Reads all tables in `folder` through and names those that are not whole. To be asked when nobody has them open. */
export const checkTables = async (folder: string): Promise<Tables> => {
  const damaged: string[] = []
  const unfinished: string[] = []
  for (const name of await tablesIn(folder)) {
    const state = await checkTable(join(folder, name))
    if (state === 'damaged') damaged.push(name)
    if (state === 'unfinished') unfinished.push(name)
  }
  return { damaged, unfinished }
}

/**
 * Of tables that were `unfinished` before the open the one that LevelDB needs, if there is one: what a crash
 * left half written it has deleted by now, and would stumble over the other at a read only.
 */
export const tornTable = async (
  folder: string,
  unfinished: readonly string[],
): Promise<string | undefined> => {
  const now = unfinished.length === 0 ? [] : await tablesIn(folder)
  for (const name of unfinished) {
    if (now.includes(name) && (await checkTable(join(folder, name))) === 'unfinished') return name
  }
  return undefined
}

/** Where damaged tables are until what is whole in them is put back: a mend that was interrupted goes on from there. */
const mendingOf = (folder: string): string => `${folder}.mending`

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Whether a mend of this folder was begun and not ended. */
export const isMending = (folder: string): Promise<boolean> => exists(mendingOf(folder))

/** Moves the damaged tables out of `folder`, for LevelDB's repair reads blocks unchecked too. */
const moveDamaged = async (folder: string): Promise<void> => {
  const { damaged } = await checkTables(folder)
  const mending = mendingOf(folder)
  if (damaged.length > 0) await mkdir(mending, { recursive: true, mode: 0o700 })
  // Under a name of its own: a repair in between may have given the number to another table.
  for (const name of damaged) await rename(join(folder, name), join(mending, `${Date.now()}-${name}`))
}

const putBack = async (db: Level, folder: string): Promise<void> => {
  const mending = mendingOf(folder)
  if (!(await exists(mending))) return
  for (const table of (await tablesIn(mending)).toReversed()) {
    const missing: { type: 'put'; key: Buffer; value: Buffer }[] = []
    for (const [key, value] of await salvageTable(join(mending, table))) {
      // What the repaired database has is as new, or newer.
      if ((await db.get(key)) === undefined) missing.push({ type: 'put', key, value })
    }
    await db.batch(missing, { sync: true })
  }
}

/** Reads every key, so that what cannot be read is known at once. */
const walk = async (db: Level): Promise<void> => {
  for await (const _ of db.keys()) {
    // Reading is all that is wanted.
  }
}

const repaired = async (options: LevelOptions): Promise<Level> => {
  await moveDamaged(options.folder)
  await ClassicLevel.repair(options.folder)
  const db = await openAt(options)
  try {
    await putBack(db, options.folder)
    await walk(db)
  } catch (error) {
    await db.close()
    throw error
  }
  return db
}

/** What was moved out of the way keeps, for whoever wants to look at it; resolves with whether there was any. */
const putAside = async (folder: string, aside: string): Promise<boolean> => {
  if (!(await isMending(folder))) return false
  await rename(mendingOf(folder), aside)
  return true
}

/**
 * Opens a damaged LevelDB, which nobody has open: repaired in place, or else put aside and begun anew.
 * Throws SPOOL_BROKEN when the folder cannot be used at all (a full disk, a missing right).
 */
export const mendLevel = async (options: LevelOptions, reason: string): Promise<OpenedLevel> => {
  const { folder } = options
  const aside = `${folder}.damaged-${Date.now()}`
  try {
    const db = await repaired(options)
    const kept = (await putAside(folder, aside)) ? `, and the damaged tables kept in ${aside}` : ''
    return { db, damage: `${reason}; repaired in place${kept}` }
  } catch (cause) {
    // A full disk or a missing right is no damage: moving the folder away would lose what it holds.
    if (!isDamage(cause)) throw levelBroken(options, cause)
    await rename(folder, (await putAside(folder, aside)) ? join(aside, 'rest') : aside)
    return { db: await openAt(options), damage: `${reason}; put aside as ${aside} and begun anew` }
  }
}
