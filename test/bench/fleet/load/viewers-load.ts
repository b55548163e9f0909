import type { ViewersJob, ViewersResult } from '../fleet-jobs.ts'
import { createMillisecondCounts } from '../latency.ts'
import { startHealth } from './health.ts'
import { createReadBuffer } from './http-client.ts'
import { connectWs, type WsClient } from './ws-client.ts'

/** Below every usual listen backlog, so that no SYN is dropped and retried a second later. */
const CONNECTING_AT_ONCE = 100
const LONGEST_DELAY_MS = 60_000
const NEW_FRAME = '"type":"new_frame"'
const TIMESTAMP = '"timestamp":'

/** Cut out of the text rather than parsed: 200,000 of them may come a second. */
const timestampIn = (text: string): number => {
  const at = text.indexOf(TIMESTAMP) + TIMESTAMP.length
  return Number.parseInt(text.slice(at, at + 16), 10)
}

interface Audience {
  readonly viewers: readonly WsClient[]
  result(): ViewersResult
}

/** Connects the viewers; they count what they are told from the first event on. */
export const connectViewers = async (job: ViewersJob): Promise<Audience> => {
  const readInto = createReadBuffer()
  const frames = new Uint32Array(job.viewers)
  const delays = createMillisecondCounts(LONGEST_DELAY_MS)
  let otherEvents = 0
  let lost = 0
  const connectOne = (viewer: number): Promise<WsClient> =>
    connectWs(job.address, readInto, {
      onText: (bytes, start, end) => {
        const text = bytes.toString('latin1', start, end)
        if (!text.includes(NEW_FRAME)) {
          otherEvents++
          return
        }
        frames[viewer] = (frames[viewer] ?? 0) + 1
        delays.add(Date.now() - timestampIn(text))
      },
      onLost: () => {
        lost++
      },
    })

  const viewers: WsClient[] = []
  for (let from = 0; from < job.viewers; from += CONNECTING_AT_ONCE) {
    const numbers = Array.from(
      { length: Math.min(CONNECTING_AT_ONCE, job.viewers - from) },
      (_, i) => from + i,
    )
    viewers.push(...(await Promise.all(numbers.map(connectOne))))
  }
  const health = startHealth()
  const result = (): ViewersResult => {
    const ascending = frames.slice().sort()
    return {
      connected: viewers.length,
      lost,
      frames: {
        min: ascending[0] ?? 0,
        median: ascending[ascending.length >> 1] ?? 0,
        max: ascending.at(-1) ?? 0,
        total: frames.reduce((sum, count) => sum + count, 0),
      },
      otherEvents,
      delayMs: delays.summary(),
      generator: health(),
    }
  }
  return { viewers, result }
}
