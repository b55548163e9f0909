/**
 * Tells that files may have changed. Their folders are watched and not they themselves: certbot puts new symlinks
 * in place of the old ones, Kubernetes a new folder behind one, editors a new file. Not every file system tells
 * of its changes (a network's, a container's single mounted file), hence a slow look besides.
 */
import { type FSWatcher, watch } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface WatchTimes {
  /** From the first sign of a change until it is looked at: certificate and key are seldom written at once. */
  readonly settleMs: number
  readonly pollMs: number
}

/** Where the files are, and where they really are. */
const foldersOf = async (paths: readonly string[]): Promise<ReadonlySet<string>> => {
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)))
  return new Set([...paths, ...real].map((path) => dirname(path)))
}

export interface FileWatch {
  /** Resolves when changes from now on are seen. */
  start(): Promise<void>
  stop(): void
}

/** Calls `look` when any of the files may have changed, never twice at a time. It keeps no process alive. */
export const watchFiles = (
  paths: readonly string[],
  look: () => Promise<void>,
  { settleMs, pollMs }: WatchTimes,
): FileWatch => {
  const watchers = new Map<string, FSWatcher>()
  let settling: NodeJS.Timeout | undefined
  let polling: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let stopped = false

  const drop = (folder: string): void => {
    watchers.get(folder)?.close()
    watchers.delete(folder)
  }

  // Not put off by further signs: a folder that always changes would never be looked at.
  const soon = (): void => {
    settling ??= setTimeout(() => {
      settling = undefined
      void lookOnce()
    }, settleMs).unref()
  }

  const add = (folder: string): void => {
    try {
      const watcher = watch(folder, { persistent: false }, soon)
      watcher.on('error', () => drop(folder))
      watchers.set(folder, watcher)
    } catch {
      // Gone, or the system has no watches left: the slow look sees it.
    }
  }

  const watchAll = async (): Promise<void> => {
    const folders = await foldersOf(paths)
    if (stopped) return
    for (const folder of watchers.keys()) if (!folders.has(folder)) drop(folder)
    for (const folder of folders) if (!watchers.has(folder)) add(folder)
  }

  const lookOnce = async (): Promise<void> => {
    if (stopped) return
    if (looking !== undefined) return soon()
    looking = look().then(watchAll)
    await looking
    looking = undefined
  }

  return {
    start: async () => {
      await watchAll()
      if (!stopped) polling = setInterval(() => void lookOnce(), pollMs).unref()
    },
    stop: () => {
      stopped = true
      clearTimeout(settling)
      clearInterval(polling)
      for (const folder of [...watchers.keys()]) drop(folder)
    },
  }
}
