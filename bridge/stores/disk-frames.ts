/**
 * Pictures as files of one folder. A picture is written under a temporary name and renamed: under its own name
 * it is whole or not there. There is no fsync: a picture that a power cut takes is followed by the next one
 * within the second, and no sender was promised more than that viewers can load it now.
 */
import { mkdir, readdir, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BridgeError } from '../core/errors.ts'
import type { FrameStore } from '../ports.ts'

export interface DiskFramesOptions {
  /** The folder; made when it is not there. Nobody else's files belong in it. */
  readonly folder: string
}

/** A leading dot: never a picture's name, never served. */
const TEMPORARY = /^\..*\.tmp$/
/** Files looked at together: the thread pool is shared with the spool. */
const STATS_AT_ONCE = 2

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error'

const unavailable = (what: string, cause: unknown): BridgeError =>
  new BridgeError('STORE_UNAVAILABLE', `${what}: ${codeOf(cause)}`, { cause })

const unlinkIfThere = async (path: string): Promise<void> => {
  try {
    await unlink(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** A file that went while the folder was read counts as not there. */
const sizeOf = async (path: string): Promise<number | undefined> => {
  try {
    const found = await stat(path)
    return found.isFile() ? found.size : undefined
  } catch {
    return undefined
  }
}

export const createDiskFrames = (options: DiskFramesOptions): FrameStore => {
  const folder = resolve(options.folder)
  let temporaries = 0

  const writeAndRename = async (filename: string, jpeg: Uint8Array): Promise<void> => {
    temporaries += 1
    const temporary = join(folder, `.${process.pid}-${temporaries}.tmp`)
    try {
      await writeFile(temporary, jpeg)
      await rename(temporary, join(folder, filename))
    } catch (error) {
      await unlinkIfThere(temporary).catch(() => undefined)
      throw error
    }
  }

  const list = async (): Promise<{ filename: string; bytes: number }[]> => {
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.'))
    const found: { filename: string; bytes: number }[] = []
    const look = async (): Promise<void> => {
      for (let filename = names.pop(); filename !== undefined; filename = names.pop()) {
        const bytes = await sizeOf(join(folder, filename))
        if (bytes !== undefined) found.push({ filename, bytes })
      }
    }
    await Promise.all(Array.from({ length: STATS_AT_ONCE }, look))
    return found
  }

  return {
    folder,
    open: async () => {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        for (const name of await readdir(folder)) {
          if (TEMPORARY.test(name)) await unlinkIfThere(join(folder, name))
        }
      } catch (error) {
        throw unavailable(`The folder of camera pictures ${folder} cannot be used`, error)
      }
    },
    write: async (filename, jpeg) => {
      try {
        await writeAndRename(filename, jpeg).catch(async (error: unknown) => {
          // The folder was taken away: make it again, once.
          if (codeOf(error) !== 'ENOENT') throw error
          await mkdir(folder, { recursive: true, mode: 0o700 })
          await writeAndRename(filename, jpeg)
        })
      } catch (error) {
        throw unavailable(`A camera picture cannot be written to ${folder}`, error)
      }
    },
    remove: async (filename) => {
      try {
        await unlinkIfThere(join(folder, filename))
      } catch (error) {
        throw unavailable(`A camera picture cannot be removed from ${folder}`, error)
      }
    },
    list: async () => {
      try {
        return await list()
      } catch (error) {
        throw unavailable(`The camera pictures in ${folder} cannot be listed`, error)
      }
    },
  }
}
