/** How much room there is where the data is kept. */
import { statfs } from 'node:fs/promises'

export interface DiskSpace {
  readonly freeBytes: number
  readonly totalBytes: number
}

export interface DiskSpaceOptions {
  /** Any folder on that disk. */
  readonly folder: string
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
  /** An answer is given again for this long. */
  readonly everyMs?: number
}

const ask = async (folder: string): Promise<DiskSpace | null> => {
  try {
    const { bsize, blocks, bavail } = await statfs(folder)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch {
    return null
  }
}

/** Returns a function that tells it; null when the system does not. Asked at most every five seconds. */
export const createDiskSpace = ({ folder, monotonic, everyMs = 5_000 }: DiskSpaceOptions) => {
  let asked: { readonly at: number; readonly answer: Promise<DiskSpace | null> } | undefined
  return (): Promise<DiskSpace | null> => {
    const now = monotonic()
    if (asked === undefined || now - asked.at >= everyMs) asked = { at: now, answer: ask(folder) }
    return asked.answer
  }
}
