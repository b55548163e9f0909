import { type AckSample, monotonicMs, type OpenJob, type OpenResult } from '../jobs.ts'
import { quantile } from '../statistics.ts'
import { closeBoards } from './board.ts'
import { acksOf, connectFleet, startTiming } from './fleet.ts'
import type { Publisher } from './publisher.ts'

const LAST_ACKS_WITHIN_MS = 30_000
const MAX_MESSAGE_ID = 65_535

interface Samples {
  add(value: number): void
  sorted(): Float64Array
}

const createSamples = (capacity: number): Samples => {
  const values = new Float64Array(capacity)
  let count = 0
  return {
    add: (value) => {
      values[count++] = value
    },
    sorted: () => values.slice(0, count).sort(),
  }
}

/** Sends message n at `startedAt + n × intervalMs`, late by a timer's turn at most, board after board. */
const sendOnTime = (
  publishers: readonly Publisher[],
  plan: {
    readonly startedAt: number
    readonly intervalMs: number
    readonly messages: number
    readonly isReleased: () => boolean
  },
  onSent: (dueAt: number) => void,
): Promise<void> =>
  new Promise((resolve) => {
    let next = 0
    const tick = (): void => {
      const now = monotonicMs()
      for (; next < plan.messages; next++) {
        const dueAt = plan.startedAt + next * plan.intervalMs
        if (dueAt > now) break
        publishers[next % publishers.length]?.send(1, dueAt)
        onSent(dueAt)
      }
      if (next < plan.messages && !plan.isReleased()) setTimeout(tick, 1)
      else resolve()
    }
    tick()
  })

/** Waits until all is acked; gives up after a bounded time, the rest then counts as unacked. */
const untilAcked = async (publishers: readonly Publisher[]): Promise<number> => {
  const unacked = (): number => publishers.reduce((sum, { sent, ackedCount }) => sum + sent - ackedCount, 0)
  const giveUpAt = monotonicMs() + LAST_ACKS_WITHIN_MS
  while (unacked() > 0 && monotonicMs() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 5))
  return unacked()
}

/** How a run is told from outside that it may end. */
interface Holding {
  /** Called when the first message is due. */
  started(): void
  readonly release: Promise<void>
}

/** Publishes at a fixed rate, spread evenly over the boards, and takes each ack's time. */
export const runOpenLoop = async (job: OpenJob, holding?: Holding): Promise<OpenResult> => {
  const messages = Math.floor((job.messagesPerSecond * job.seconds) / job.boards) * job.boards
  const perBoard = messages / job.boards
  if (perBoard > MAX_MESSAGE_ID)
    throw new Error('too many messages a board: every one may be unacked at once')
  const latency = createSamples(messages)
  const lateness = createSamples(messages)
  let countFrom = Number.POSITIVE_INFINITY
  const add = (samples: Samples) => (dueAt: number) => {
    if (dueAt >= countFrom) samples.add(monotonicMs() - dueAt)
  }

  const samples: AckSample[] = []
  const sample = (dueAt: number): void => {
    samples.push([dueAt, monotonicMs() - dueAt])
  }
  let released = false
  void holding?.release.then(() => {
    released = true
  })

  const onAck = holding === undefined ? add(latency) : sample
  const options = { boot: job.boot, window: perBoard, messages: perBoard, onAck }
  const { boards, publishers, lost } = await connectFleet(job, options, () => {})
  const timing = startTiming()
  countFrom = timing.startedAt + job.warmupSeconds * 1000
  const intervalMs = 1000 / job.messagesPerSecond
  const plan = { startedAt: timing.startedAt, intervalMs, messages, isReleased: () => released }
  holding?.started()
  const work = sendOnTime(publishers, plan, add(lateness)).then(() => untilAcked(publishers))
  const unacked = await Promise.race([work, lost])
  const times = timing.stop()
  await closeBoards(boards)

  const acks = latency.sorted()
  const late = lateness.sorted()
  return {
    ...times,
    ...acksOf(publishers),
    unacked,
    ...(holding !== undefined && { samples }),
    latencyMs: {
      p50: quantile(acks, 0.5),
      p99: quantile(acks, 0.99),
      p999: quantile(acks, 0.999),
      max: quantile(acks, 1),
    },
    latenessMs: { p50: quantile(late, 0.5), p99: quantile(late, 0.99), max: quantile(late, 1) },
  }
}
