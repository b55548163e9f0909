import { monotonicMs, type OverloadJob, type OverloadResult } from '../jobs.ts'
import { quantile } from '../statistics.ts'
import { startTiming } from './fleet.ts'
import { createPushyBoard, type PushyBoard } from './pushy-board.ts'

/** Each board has its turn this often: 1,000 boards with a write every few milliseconds would be all system calls. */
const TURN_MS = 50
const TURNS = 10
const LAST_ACKS_WITHIN_MS = 15_000

/** Gives each board in turn what is due to it, whatever became of what it had before. Resolves with all that was due. */
const push = (boards: readonly PushyBoard[], job: OverloadJob): Promise<number> =>
  new Promise((resolve) => {
    const startedAt = monotonicMs()
    const perBoard = job.messagesPerSecond / boards.length / 1000
    let due = 0
    let turn = 0
    const given = new Float64Array(boards.length)
    const tick = (): void => {
      const elapsed = Math.min(monotonicMs() - startedAt, job.seconds * 1000)
      for (let index = turn; index < boards.length; index += TURNS) {
        const count = Math.floor(elapsed * perBoard) - (given[index] ?? 0)
        given[index] = (given[index] ?? 0) + count
        due += count
        if (count > 0) boards[index]?.send(count)
      }
      turn = (turn + 1) % TURNS
      if (elapsed < job.seconds * 1000) setTimeout(tick, TURN_MS / TURNS)
      else resolve(due)
    }
    tick()
  })

/** What a live broker still owes; a deaf board and one that was closed wait for nothing. */
const untilAcked = async (boards: readonly PushyBoard[]): Promise<void> => {
  const giveUpAt = monotonicMs() + LAST_ACKS_WITHIN_MS
  const waiting = (): boolean => boards.some((board) => board.unacked > 0)
  while (waiting() && monotonicMs() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Publishes more than is taken, and tells what became of it. */
export const runOverload = async (job: OverloadJob): Promise<OverloadResult> => {
  const latencies: number[] = []
  let acks = 0
  const messages = Math.ceil((job.messagesPerSecond * job.seconds) / job.boards) + 1
  const boards = Array.from({ length: job.boards }, (_, number) =>
    createPushyBoard({
      address: job.address,
      number,
      boot: job.boot,
      qos: number % 2 === 0 ? 1 : 0,
      deaf: number % job.deafEvery === 0,
      messages,
      onAck: (ms) => {
        if ((acks++ & 15) === 0) latencies.push(ms)
      },
    }),
  )
  for (let from = 0; from < boards.length; from += 100)
    await Promise.all(boards.slice(from, from + 100).map((board) => board.connect()))
  const timing = startTiming()
  const due = await push(boards, job)
  const times = timing.stop()
  await untilAcked(boards)
  await Promise.all(boards.map((board) => board.close()))

  const sum = (of: (board: PushyBoard) => number): number => boards.reduce((all, board) => all + of(board), 0)
  const sorted = latencies.sort((a, b) => a - b)
  return {
    ...times,
    due,
    sent: { qos0: sum((b) => (b.qos === 0 ? b.sent : 0)), qos1: sum((b) => (b.qos === 1 ? b.sent : 0)) },
    keptBack: sum((board) => board.keptBack),
    closed: sum((board) => board.closed),
    acked: boards.flatMap((board) => board.acked()),
    strayAcks: sum((board) => board.strayAcks),
    latencyMs: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) },
  }
}
