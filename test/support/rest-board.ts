/** A board on REST: one reading after the other with boot and seq, each sent again until it is acked. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Acked } from './boards.ts'

export interface Refusal {
  readonly status: number
  readonly retryAfter: string | null
}

export interface RestBoard {
  readonly deviceId: string
  readonly acked: readonly Acked[]
  readonly refusals: readonly Refusal[]
  start(): void
  /** Begins no new reading; resolves when the last one is acked, or given up after an `abandon`. */
  stop(): Promise<void>
  /** Sends nothing again any more: the server is gone. */
  abandon(): Promise<void>
}

const BOOT = 'boot-1'
const AGAIN_MS = 100

export const createRestBoard = ({
  http,
  deviceId,
}: {
  readonly http: string
  readonly deviceId: string
}): RestBoard => {
  const acked: Acked[] = []
  const refusals: Refusal[] = []
  const gone = new AbortController()
  let running = false
  let work: Promise<void> = Promise.resolve()

  /** True when it is acked. */
  const post = async (seq: number): Promise<boolean> => {
    try {
      const answer = await fetch(`${http}/api/v1/ingest/sensor-data`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ deviceId, temperature: seq / 10, boot: BOOT, seq }),
        signal: gone.signal,
      })
      await answer.arrayBuffer()
      if (answer.status === 200) return true
      refusals.push({ status: answer.status, retryAfter: answer.headers.get('retry-after') })
    } catch {
      // The server closed the connection: there was no ack.
    }
    return false
  }

  const send = async (): Promise<void> => {
    for (let seq = 1; running && !gone.signal.aborted; seq += 1) {
      while (!(await post(seq))) {
        if (gone.signal.aborted) return
        await delay(AGAIN_MS)
      }
      acked.push({ deviceId, boot: BOOT, seq })
      await delay(5)
    }
  }

  return {
    deviceId,
    acked,
    refusals,
    start: () => {
      running = true
      work = send()
    },
    stop: () => {
      running = false
      return work
    },
    abandon: () => {
      running = false
      gone.abort()
      return work
    },
  }
}
