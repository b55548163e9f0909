import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Everything the bench started and has to end again, last started first, also when it is interrupted. */
export interface Cleanup {
  /**
   * Registers `undo`; the function returned runs it now (once) and forgets it. After `all` was called it
   * is run at once: what was just being started when the run was interrupted must not stay behind.
   */
  add(undo: () => Promise<void>): () => Promise<void>
  /** Undoes all that is left; one failure does not keep the others from being undone. */
  all(): Promise<void>
  readonly closed: boolean
}

const report = (error: unknown): void => console.error('cleaning up failed:', error)

export const createCleanup = (): Cleanup => {
  const undos = new Set<() => Promise<void>>()
  let closed = false
  const add = (undo: () => Promise<void>): (() => Promise<void>) => {
    let running: Promise<void> | undefined
    const once = (): Promise<void> => {
      running ??= undo().finally(() => undos.delete(once))
      return running
    }
    undos.add(once)
    if (closed) once().catch(report)
    return once
  }
  const all = async (): Promise<void> => {
    closed = true
    for (let last = [...undos].pop(); last !== undefined; last = [...undos].pop()) await last().catch(report)
  }
  return {
    add,
    all,
    get closed() {
      return closed
    },
  }
}

/** A temporary folder that is removed with the rest. */
export const tempFolder = async (cleanup: Cleanup, parent: string): Promise<string> => {
  const folder = await mkdtemp(join(parent, 'sluice-bench-'))
  cleanup.add(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}
