/** The names inside DATA_DIR, and writes that are there whole or not at all. */
import { open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode } from '../error-code.ts'

export interface Paths {
  readonly dataDir: string
  /** The Postgres cluster itself (PGDATA). */
  readonly cluster: string
  readonly password: string
  /** One line for people: `psql "$(cat data/postgres.url)"`. */
  readonly url: string
  readonly owner: string
}

export const pathsIn = (dataDir: string): Paths => ({
  dataDir,
  cluster: join(dataDir, 'postgres'),
  password: join(dataDir, 'postgres.password'),
  url: join(dataDir, 'postgres.url'),
  owner: join(dataDir, 'postgres.owner.json'),
})

/** Undefined when there is no such file; other errors are thrown. */
export const readIfThere = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** Replaces the file as a whole, on disk when it returns, readable by this user alone. */
export const writeSecret = async (file: string, text: string): Promise<void> => {
  const unfinished = `${file}.${process.pid}.tmp`
  const handle = await open(unfinished, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(unfinished, file)
  await syncFolder(dirname(file))
}

/** Makes a rename in the folder durable. Not every platform can open a folder; those need no such sync. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}
