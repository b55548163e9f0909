/** A viewer as the app is one: fetches every announced frame at once, and looks whether it is all there. */
import { type Address, monotonicMs } from '../../jobs.ts'
import type { FetchResult } from '../fleet-jobs.ts'
import { createFailureCounts, createSamples } from '../latency.ts'
import { createClient, type Done } from './http-client.ts'
import { pictureRequest } from './requests.ts'
import { connectWs } from './ws-client.ts'

const GIVE_UP_AFTER_MS = 5000
const QUIET_MS = 300

export interface FrameFetcher {
  /** Waits until nothing is announced any more and all was fetched; bounded. */
  finish(): Promise<FetchResult>
}

export const startFrameFetcher = async (
  address: Address,
  readInto: Uint8Array,
  jpeg: Buffer,
): Promise<FrameFetcher> => {
  const latency = createSamples()
  const misses = createFailureCounts()
  let announced = 0
  let readable = 0
  let settled = 0
  let lastAt = monotonicMs()

  const fetchFrame = (path: string): void => {
    const announcedAt = monotonicMs()
    const client = createClient({ address, keepOpen: false, readInto })
    const timer = setTimeout(() => client.giveUp('no answer in time'), GIVE_UP_AFTER_MS)
    const done: Done = (failure, answer) => {
      clearTimeout(timer)
      settled++
      if (failure !== undefined) misses.add(failure)
      else if (answer === undefined || !jpeg.equals(answer.body)) misses.add('other bytes than were sent')
      else {
        readable++
        latency.add(monotonicMs() - announcedAt)
      }
    }
    client.ask(pictureRequest(address, path), done)
  }
  const viewer = await connectWs(address, readInto, {
    onText: (bytes, start, end) => {
      const event = JSON.parse(bytes.toString('utf8', start, end)) as { type?: string; url?: string }
      if (event.type !== 'new_frame') return
      announced++
      lastAt = monotonicMs()
      if (event.url === undefined) misses.add('no url in the event')
      else fetchFrame(`${event.url}?t=${Date.now()}`)
    },
    onLost: (why) => misses.add(`the WebSocket was lost: ${why}`),
  })

  const finish = async (): Promise<FetchResult> => {
    const quitAt = monotonicMs() + GIVE_UP_AFTER_MS
    const busy = (): boolean => settled < announced || monotonicMs() - lastAt < QUIET_MS
    while (busy() && monotonicMs() < quitAt) await new Promise((resolve) => setTimeout(resolve, 20))
    viewer.close()
    return { announced, readable, misses: misses.all(), fetchMs: latency.summary() }
  }
  return { finish }
}
