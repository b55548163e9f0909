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

/** The bound that memory must come back to: half as much again as before, and what a warm heap takes. */
export const boundOf = (beforeMiB: number): number => beforeMiB * 1.5 + 100

const ORDINARY_BYTES = 4 * 2 ** 20

/** An ordinary request, which is refused: what nobody needs any more is only looked for when there is work. */
const stir = async (http: string): Promise<void> => {
  const headers = { 'Content-Type': 'application/json' }
  const body = `"${'x'.repeat(ORDINARY_BYTES)}"`
  await fetch(`${http}/api/v1/ingest/sensor-data`, { method: 'POST', headers, body }).then(
    (answer) => answer.text(),
    () => {},
  )
}

/** Waits until it has come back under the bound; gives the last that was seen. */
export const memoryReturned = async (
  { pid, http }: { readonly pid: number; readonly http: string },
  boundMiB: number,
  withinMs: number,
): Promise<number> => {
  const deadline = performance.now() + withinMs
  for (;;) {
    const now = await memoryOf(pid)
    if (now <= boundMiB || performance.now() > deadline) return now
    await stir(http)
    await delay(EVERY_MS)
  }
}
