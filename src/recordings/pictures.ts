import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredFrame } from '../../bridge/index.ts'

/** The pictures of a film, read one at a time while they are taken. */
export interface Pictures {
  readonly input: AsyncIterable<Uint8Array>
  /** How many were there to read, so far. */
  readonly count: number
  /** The last of them was taken. */
  readonly ended: boolean
}

/** The files of these frames, in this order; those that were cleaned up meanwhile are left out. */
export const readPictures = (folder: string, frames: readonly StoredFrame[]): Pictures => {
  let count = 0
  let ended = false
  const read = async function* (): AsyncGenerator<Uint8Array> {
    for (const { filename } of frames) {
      const jpeg = await readFile(join(folder, filename)).catch(() => undefined)
      if (jpeg === undefined || jpeg.length === 0) continue
      count += 1
      yield jpeg
    }
    ended = true
  }
  return {
    input: read(),
    get count() {
      return count
    },
    get ended() {
      return ended
    },
  }
}
