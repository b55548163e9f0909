/** A board on REST: posts what it has, and posts it again until the answer is a 200. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Board } from './board.ts'
import type { BoardMessage } from './message.ts'
import type { BoardDeps } from './mqtt-board.ts'

export interface RestBoardOptions {
  /** `http://127.0.0.1:port` */
  readonly http: string
  readonly deviceId: string
  readonly everyMs: number
}

const ANSWER_TIMEOUT_MS = 3_000
const RETRY_MS = { least: 100, most: 400 } as const
const MAX_RETRY_AFTER_MS = 1_000
/** What a board may be told besides 200; it tries again. */
const PATIENCE = [429, 503]

/** One request at a time. Unreadable messages are not for it: REST refuses them, and keeps no dead letter. */
export const createRestBoard = ({ maker, log, random }: BoardDeps, options: RestBoardOptions): Board => {
  const { http, deviceId, everyMs } = options
  const closing = new AbortController()
  let stopped = false
  let unacked = 0
  let running: Promise<void> | undefined

  const pause = (ms: number): Promise<unknown> =>
    delay(ms, undefined, { signal: closing.signal }).catch(() => undefined)

  /** How long to wait before the next try; undefined when it was taken. */
  const post = async (message: BoardMessage): Promise<number | undefined> => {
    log.sent(message)
    const answer = await fetch(`${http}/api/v1/ingest/sensor-data`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: message.payload,
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    })
    const text = await answer.text()
    if (answer.status === 200) return undefined
    if (!PATIENCE.includes(answer.status)) log.odd(`REST: ${answer.status} ${text.slice(0, 200)}`)
    const afterMs = Number(answer.headers.get('retry-after') ?? 0) * 1_000
    return Math.min(afterMs, MAX_RETRY_AFTER_MS)
  }
  const deliver = async (message: BoardMessage): Promise<void> => {
    unacked = 1
    while (!closing.signal.aborted) {
      const waitMs = await post(message).catch(() => 0)
      if (waitMs === undefined) {
        log.acked(message, '200')
        maker.acked(message)
        unacked = 0
        return
      }
      await pause(waitMs + random.whole(RETRY_MS.least, RETRY_MS.most))
    }
  }
  const run = async (): Promise<void> => {
    while (!stopped) {
      await deliver(maker.next())
      await pause(everyMs)
    }
  }

  return {
    kind: maker.kind,
    deviceId,
    start: () => {
      running = run()
    },
    stop: () => {
      stopped = true
    },
    get unacked() {
      return unacked
    },
    close: async () => {
      stopped = true
      closing.abort()
      await running
    },
  }
}
