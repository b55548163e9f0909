/**
 * What was announced to Home Assistant, as one file of JSON lines, of which the newest of a topic counts. It is written
 * again whole when it is read. A line that cannot be read (a crash in the midst of it) is left out.
 */
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Announced, AnnouncedStore } from '../core/home-assistant.ts'

type Line = Announced | { readonly topic: string; readonly gone: true }

const isLine = (value: unknown): value is Line =>
  typeof value === 'object' && value !== null && 'topic' in value && typeof value.topic === 'string'

const parse = (text: string): Line | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isLine(value) ? value : undefined
  } catch {
    return undefined
  }
}

const linesOf = (changes: readonly Line[]): string =>
  changes.map((line) => `${JSON.stringify(line)}\n`).join('')

const readIfThere = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** @param file - absolute path */
export const createDiskAnnounced = (file: string): AnnouncedStore => {
  let tail: Promise<void> = Promise.resolve()
  /** One after the other. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = tail.then(work)
    tail = done.catch(() => undefined)
    return done
  }

  return {
    load: async () => {
      const text = await readIfThere(file)
      const newest = new Map<string, Announced>()
      for (const line of text.split('\n').map(parse)) {
        if (line === undefined) continue
        if ('gone' in line) newest.delete(line.topic)
        else newest.set(line.topic, line)
      }
      const announced = [...newest.values()]
      if (text !== '')
        await inTurn(async () => {
          await writeFile(`${file}.new`, linesOf(announced))
          await rename(`${file}.new`, file)
        })
      return announced
    },
    note: (changes) =>
      inTurn(async () => {
        await mkdir(dirname(file), { recursive: true })
        await appendFile(file, linesOf(changes))
      }),
    clear: () => inTurn(() => rm(file, { force: true })),
  }
}
