/**
 * The folder of the recordings. A film is written under a part name and renamed when it is whole, so what has
 * the name of a recording can always be played.
 */
import { access, mkdir, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../error-code.ts'
import { isPartName, isRecordingName, partName, recordingName, recordingTime } from './recording-name.ts'
import type { Recording } from './recording-service.ts'

/** A name that nobody else is given, and where the film goes while it is made. */
export interface Claim {
  readonly name: string
  /** Absolute path. */
  readonly partPath: string
  /** Shows the film under its name. Throws when there is none, or an empty one. */
  publish(): Promise<void>
  /** Gives the name back; what is left of a film that was not published is removed. Never throws. */
  release(): Promise<void>
}

export interface RecordingFiles {
  /** Makes the folder and removes what a crash left half-written. */
  open(): Promise<void>
  /** @param now - epoch ms; the name is of this time, or of the next that is free */
  claim(now: number): Promise<Claim>
  list(): Promise<readonly Recording[]>
  remove(name: string): Promise<boolean>
}

/** A name too long for the file system is one that nothing can have. */
const isAbsence = (error: unknown): boolean =>
  errorCode(error) === 'ENOENT' || errorCode(error) === 'ENAMETOOLONG'

/** The result, or undefined when the file is not there (any more). */
const unlessAbsent = async <T>(result: Promise<T>): Promise<T | undefined> => {
  try {
    return await result
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw error
  }
}

const exists = async (path: string): Promise<boolean> =>
  (await unlessAbsent(access(path).then(() => true))) ?? false

/** @param folder - absolute path; made when it is missing */
export const createRecordingFiles = (folder: string): RecordingFiles => {
  const claimed = new Set<string>()

  const describe = async (name: string): Promise<Recording | undefined> => {
    const createdAt = recordingTime(name)
    if (createdAt === undefined) return undefined
    const found = await unlessAbsent(stat(join(folder, name)))
    return found?.isFile() === true ? { name, createdAt, bytes: found.size } : undefined
  }

  const list = async (): Promise<readonly Recording[]> => {
    const found: Recording[] = []
    for (const name of (await unlessAbsent(readdir(folder))) ?? []) {
      // One at a time: the spool's fsync shares the few threads that do file work.
      const recording = await describe(name)
      if (recording !== undefined) found.push(recording)
    }
    return found.sort((a, b) => b.createdAt - a.createdAt)
  }

  const claimName = async (now: number): Promise<string> => {
    for (let at = Math.floor(now); ; at += 1) {
      const name = recordingName(at)
      if (claimed.has(name)) continue
      // Before the file is looked for: another claim may come while that takes its time.
      claimed.add(name)
      if (!(await exists(join(folder, name)))) return name
      claimed.delete(name)
    }
  }

  const publish = async (name: string, partPath: string): Promise<void> => {
    const { size } = await stat(partPath)
    if (size === 0) throw new Error('the film is empty')
    await rename(partPath, join(folder, name))
  }

  return {
    open: async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const left = (await readdir(folder)).filter(isPartName)
      await Promise.all(left.map((name) => rm(join(folder, name), { force: true })))
    },
    claim: async (now) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const name = await claimName(now)
      const partPath = join(folder, partName(name))
      return {
        name,
        partPath,
        publish: () => publish(name, partPath),
        release: async () => {
          // What cannot be removed now is at the next start.
          await rm(partPath, { force: true }).catch(() => undefined)
          claimed.delete(name)
        },
      }
    },
    list,
    remove: async (name) => {
      if (!isRecordingName(name)) return false
      return (await unlessAbsent(unlink(join(folder, name)).then(() => true))) ?? false
    },
  }
}
