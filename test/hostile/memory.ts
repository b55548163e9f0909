/** What a process has in memory of its own, without the files that it has mapped (LevelDB reads its files so). */
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const EVERY_MS = 250

/** In MiB. Throws when there is no such process. */
export const memoryOf = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024
}

/** Watches until `stop`, which gives the most there was. */
export const watchPeak = (pid: number): { stop(): Promise<number> } => {
  let peak = 0
  let isStopped = false
  const watching = (async () => {
    while (!isStopped) {
      peak = Math.max(peak, await memoryOf(pid).catch(() => 0))
      await delay(EVERY_MS)
    }
  })()
  return {
    stop: async () => {
      isStopped = true
      await watching
      return peak
    },
  }
}

/** The bound that memory must come back to: half as much again as before, and what the allocator keeps for itself. */
export const boundOf = (beforeMiB: number): number => beforeMiB * 1.5 + 100

const COLLECTIONS = 2
const COLLECTED_WITHIN_MS = 100

/** What is in use: without garbage, for which the process must have been started with `collect-garbage.ts`. */
export const memoryInUse = async (pid: number): Promise<number> => {
  for (let count = 0; count < COLLECTIONS; count += 1) {
    process.kill(pid, 'SIGUSR2')
    await delay(COLLECTED_WITHIN_MS)
  }
  return memoryOf(pid)
}

/** Waits until what is in use is under the bound; gives the last that was seen. */
export const memoryReturned = async (pid: number, boundMiB: number, withinMs: number): Promise<number> => {
  const deadline = performance.now() + withinMs
  for (;;) {
    const now = await memoryInUse(pid)
    if (now <= boundMiB || performance.now() > deadline) return now
    await delay(EVERY_MS)
  }
}
