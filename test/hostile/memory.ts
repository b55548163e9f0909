/** What a process has in memory of its own, without the files that it has mapped (LevelDB reads its files so). */
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { readMetrics } from '../bench/process-memory.ts'

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

/** What is left when garbage was collected, in MiB. */
export interface InUse {
  /** The memory of the process: with what its allocator keeps for later. */
  readonly own: number
  /** What objects and buffers take. */
  readonly used: number
}

/** Half as much again as before, and what an allocator keeps after some hundred MiB were on their way at once. */
export const ownBound = (before: InUse): number => before.own * 1.5 + 300

/** As before, and what sessions and retained topics, caches and compiled code may add. */
export const usedBound = (before: InUse): number => before.used * 1.5 + 20

const COLLECTIONS = 2
const COLLECTED_WITHIN_MS = 100
const MIB = 2 ** 20

interface Collected {
  readonly pid: number
  readonly httpPort: number
}

/** What is in use. The process must have been started with `collect-garbage.ts`. */
export const memoryInUse = async ({ pid, httpPort }: Collected): Promise<InUse> => {
  for (let count = 0; count < COLLECTIONS; count += 1) {
    process.kill(pid, 'SIGUSR2')
    await delay(COLLECTED_WITHIN_MS)
  }
  const metrics = await readMetrics({ host: '127.0.0.1', port: httpPort })
  const of = (name: string): number => (metrics.get(`sluice_nodejs_${name}_bytes`) ?? Number.NaN) / MIB
  return { own: await memoryOf(pid), used: of('heap_size_used') + of('external_memory') }
}

/** Why what is left is too much; empty: it has come back. */
export const judgeMemory = (when: string, now: InUse, before: InUse): readonly string[] => [
  ...(now.own <= ownBound(before)
    ? []
    : [`memory: ${Math.round(now.own)} MiB ${when}, over ${Math.round(ownBound(before))}`]),
  ...(now.used <= usedBound(before)
    ? []
    : [`memory: ${Math.round(now.used)} MiB in use ${when}, over ${Math.round(usedBound(before))}`]),
]

/** Waits until it has come back; gives the last that was seen. */
export const memoryReturned = async (of: Collected, before: InUse, withinMs: number): Promise<InUse> => {
  const deadline = performance.now() + withinMs
  for (;;) {
    const now = await memoryInUse(of)
    if (judgeMemory('', now, before).length === 0 || performance.now() > deadline) return now
    await delay(EVERY_MS)
  }
}
