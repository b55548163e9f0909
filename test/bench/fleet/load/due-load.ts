/** Members that send what is due, one request at a time each, and the time each answer took from then. */
import { monotonicMs } from '../../jobs.ts'
import type { DueResult } from '../fleet-jobs.ts'
import { advance, type Beat, earliestDue, nextDueAt, owed } from '../schedule.ts'
import { createDueRecord, type DuePlan, type DueRecord } from './due-record.ts'
import { type GeneratorHealth, startHealth } from './health.ts'
import type { Client } from './http-client.ts'

const TICK_MS = 1
const LAST_ANSWERS_WITHIN_MS = 2000

export interface Member {
  readonly client: Client
  /** Due times count from the start of the load. */
  readonly beats: readonly Beat[]
  request(kind: string, now: number): Uint8Array
}

/** A member at work; times are ms since the start of the load. */
interface Worker {
  readonly member: Member
  /** Undefined while no request is under way. */
  dueAt: number | undefined
  sentAt: number
  freeAt: number
  wakeAt: number
  kind: string
}

const workerOf = (member: Member): Worker => ({
  member,
  dueAt: undefined,
  sentAt: 0,
  freeAt: 0,
  wakeAt: nextDueAt(member.beats),
  kind: '',
})

/** Sends what is due of a free worker, and what falls due meanwhile at once after each answer. */
const createSender = (record: DueRecord, now: () => number, until: number) => {
  const send = (worker: Worker): void => {
    const { member } = worker
    const beat = earliestDue(member.beats, Math.min(now(), until))
    if (beat === undefined || beat.dueAt >= until) {
      worker.wakeAt = nextDueAt(member.beats)
      return
    }
    const { kind, dueAt } = beat
    advance(beat)
    worker.kind = kind
    worker.dueAt = dueAt
    worker.sentAt = now()
    worker.wakeAt = Number.POSITIVE_INFINITY
    record.sent(dueAt, worker.sentAt - Math.max(dueAt, worker.freeAt))
    member.client.ask(member.request(kind, worker.sentAt), (failure) => {
      worker.dueAt = undefined
      worker.freeAt = now()
      record.done({ kind, dueAt }, worker.freeAt - dueAt, failure)
      send(worker)
    })
  }
  return send
}

const untilEnd = (
  workers: readonly Worker[],
  plan: DuePlan,
  { now, onTick }: { now: () => number; onTick: (at: number) => void },
): Promise<void> =>
  new Promise((resolve) => {
    const until = plan.warmupMs + plan.measuredMs
    const owing = (worker: Worker): boolean => worker.dueAt !== undefined || worker.wakeAt < until
    const tick = (): void => {
      const at = now()
      onTick(at)
      const over = at >= until && (at > until + LAST_ANSWERS_WITHIN_MS || !workers.some(owing))
      if (over) resolve()
      else setTimeout(tick, TICK_MS)
    }
    tick()
  })

/** Runs the load and gives what was measured; all clients are closed then. */
export const runDueLoad = async (members: readonly Member[], plan: DuePlan): Promise<DueResult> => {
  const startedAt = monotonicMs()
  const now = (): number => monotonicMs() - startedAt
  const until = plan.warmupMs + plan.measuredMs
  const record = createDueRecord(plan)
  const workers = members.map(workerOf)
  const send = createSender(record, now, until)
  let health: (() => GeneratorHealth) | undefined
  let endedHealth: GeneratorHealth | undefined

  const onTick = (at: number): void => {
    if (at >= plan.warmupMs) health ??= startHealth()
    if (at >= until) endedHealth ??= health?.()
    for (const worker of workers) {
      if (worker.dueAt === undefined) {
        if (worker.wakeAt <= at) send(worker)
      } else if (at - worker.sentAt > plan.timeoutMs) worker.member.client.giveUp('no answer in time')
    }
  }
  await untilEnd(workers, plan, { now, onTick })

  const endedAt = now()
  for (const { member, dueAt, kind } of workers) {
    if (dueAt !== undefined) record.unanswered({ kind, dueAt }, endedAt - dueAt)
    for (const debt of owed(member.beats, until)) record.unanswered(debt, endedAt - debt.dueAt)
    member.client.close()
  }
  return record.result(endedHealth ?? startHealth()())
}
