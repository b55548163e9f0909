/**
 * The disk of DATA_DIR. A tmpfs of its own where this user may mount one; else a folder on the ordinary disk, and
 * "full" is a file that makes failing-main.ts refuse every write of the spool.
 */
import { execFile } from 'node:child_process'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Disk } from './world.ts'

export interface SmallDisk extends Disk {
  /** `tmpfs`: a real one is full; `pretended`: only the spool's writes fail. */
  readonly kind: 'tmpfs' | 'pretended'
  /** What failing-main.ts must be told; empty on a real disk. */
  readonly settings: Readonly<Record<string, string>>
  readonly dataDir: string
  close(): Promise<void>
}

const run = promisify(execFile)
const BYTES = 96 * 1024 * 1024
const CHUNKS = [1024 * 1024, 4096, 1] as const
/** What the program deletes meanwhile is taken up again this often, so that the disk stays full. */
const TOP_UP_MS = 20
/** The source of each of our mounts: by it the stale ones are known. */
const SOURCE = 'sluice-oracle-'

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Lets go of what an earlier process left mounted, and of the folder around it. */
const removeStale = async (): Promise<void> => {
  const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '')
  for (const line of mounts.split('\n')) {
    const [source = '', target = ''] = line.split(' ')
    if (!source.startsWith(SOURCE) || isAlive(Number(source.slice(SOURCE.length)))) continue
    await run('umount', ['--lazy', target])
    await rm(dirname(target), { recursive: true, force: true })
  }
}

const mount = (folder: string): Promise<boolean> =>
  run('mount', ['-t', 'tmpfs', '-o', `size=${BYTES},mode=0700`, `${SOURCE}${process.pid}`, folder]).then(
    () => true,
    () => false,
  )

/** Writes into the file until the disk takes not one byte more. */
const takeAllRoom = async (path: string): Promise<void> => {
  const file = await open(path, 'a')
  try {
    for (const bytes of CHUNKS) {
      const chunk = Buffer.alloc(bytes)
      while (await file.write(chunk).then(({ bytesWritten }) => bytesWritten === bytes, isFull));
    }
  } finally {
    await file.close()
  }
}

const isFull = (error: unknown): false => {
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  return false
}

const realDisk = (dataDir: string): SmallDisk => {
  const filler = join(dataDir, 'filler')
  let topUp: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  let isWriting = false

  const takeMore = (): void => {
    if (isWriting) return
    isWriting = true
    writing = takeAllRoom(filler).finally(() => {
      isWriting = false
    })
  }
  const free = async (): Promise<void> => {
    clearInterval(topUp)
    topUp = undefined
    await writing
    await rm(filler, { force: true })
  }
  return {
    kind: 'tmpfs',
    settings: {},
    dataDir,
    fill: async () => {
      takeMore()
      await writing
      topUp ??= setInterval(takeMore, TOP_UP_MS)
    },
    free,
    close: async () => {
      await free()
      await run('umount', ['--lazy', dataDir])
    },
  }
}

const pretendedDisk = (dataDir: string, folder: string): SmallDisk => {
  const flag = join(folder, 'disk-is-full')
  const free = () => rm(flag, { force: true })
  return {
    kind: 'pretended',
    settings: { FULL_DISK_FILE: flag },
    dataDir,
    fill: () => writeFile(flag, ''),
    free,
    close: free,
  }
}

/**
 * Makes `data` in the folder; the folder itself is the caller's to remove after `close`.
 * `mayMount: false` pretends where a real one could be had.
 */
export const createSmallDisk = async (
  folder: string,
  { mayMount = true }: { readonly mayMount?: boolean } = {},
): Promise<SmallDisk> => {
  await removeStale()
  const dataDir = join(folder, 'data')
  await mkdir(dataDir, { recursive: true })
  return mayMount && (await mount(dataDir)) ? realDisk(dataDir) : pretendedDisk(dataDir, folder)
}
