/** What a process takes, over time: its resident memory from /proc, the rest from its own /metrics. */
import { readFile } from 'node:fs/promises'
import { type Address, monotonicMs } from './jobs.ts'

export interface MemorySample {
  readonly at: number
  /** Memory of its own. */
  readonly ownMiB: number
  /** Files it has mapped: LevelDB reads its files that way. The kernel takes these pages back when it needs them. */
  readonly mappedMiB: number
  /** Absent when /metrics did not answer in time. */
  readonly heapMiB?: number
  readonly externalMiB?: number
}

/** The counters and gauges of a moment by name and labels, as they are printed. */
export type MetricsSample = ReadonlyMap<string, number>

const EVERY_MS = 1_000
const ANSWER_WITHIN_MS = 5_000
const MIB = 2 ** 20

/** Resident memory of a process in MiB; NaN when it is gone. */
const residentMiB = async (pid: number) => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const field = (pattern: RegExp): number => Number(pattern.exec(status)?.[1]) / 1024
  return { ownMiB: field(/RssAnon:\s+(\d+)/), mappedMiB: field(/RssFile:\s+(\d+)/) }
}

/** Reads /metrics. Throws when it does not answer. */
export const readMetrics = async ({ host, port }: Address): Promise<MetricsSample> => {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
  const answer = await fetch(`http://${host}:${port}/metrics`, { signal })
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

const sampleOf = async (pid: number, http: Address): Promise<MemorySample> => {
  const resident = await residentMiB(pid)
  const metrics = await readMetrics(http).catch(() => undefined)
  const ofProcess = { at: monotonicMs(), ...resident }
  if (metrics === undefined) return ofProcess
  return {
    ...ofProcess,
    heapMiB: (metrics.get('sluice_nodejs_heap_size_used_bytes') ?? Number.NaN) / MIB,
    externalMiB: (metrics.get('sluice_nodejs_external_memory_bytes') ?? Number.NaN) / MIB,
  }
}

/** Watches until `stop`, which gives the samples. */
export const watchMemory = (pid: number, http: Address): { stop(): Promise<readonly MemorySample[]> } => {
  const samples: MemorySample[] = []
  let stopped = false
  const watching = (async () => {
    while (!stopped) {
      samples.push(await sampleOf(pid, http))
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    }
  })()
  return {
    stop: async () => {
      stopped = true
      await watching
      return samples
    },
  }
}
