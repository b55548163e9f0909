/** What came of one schedule, in figures. */
import { BOARD_KINDS, type BoardKind } from './boards/message.ts'
import type { Traffic } from './boards/traffic.ts'
import type { Schedule } from './schedule.ts'
import type { PlayedFault } from './timeline.ts'
import type { TrafficLog } from './traffic-log.ts'
import type { BalanceTotal, Evidence } from './verdict/evidence.ts'
import { errorsLogged } from './verdict/process.ts'
import { judge } from './verdict/verdict.ts'

export interface KindCount {
  readonly boards: number
  /** Different readings. */
  readonly sent: number
  readonly acked: number
}

export interface Outcome {
  readonly seed: number
  readonly lengthMs: number
  readonly seconds: number
  readonly faults: readonly PlayedFault[]
  readonly byKind: Readonly<Record<BoardKind, KindCount>>
  readonly sent: number
  readonly acked: number
  /** Readings that left a board, resends included. */
  readonly transmissions: number
  readonly rows: number
  readonly deduplicated: number
  readonly deadLetters: number
  readonly toldLosses: number
  readonly uncountedLosses: number
  readonly balance: BalanceTotal | null
  readonly errorsLogged: Readonly<Record<string, number>>
  /** What the faults did in detail. */
  readonly notes: readonly string[]
  /** Empty: passed. */
  readonly problems: readonly string[]
  /** Where the files of a failed run are. */
  readonly kept: string | null
}

/** Readings by the kind of their board. */
export const countKinds = (log: TrafficLog, traffic: Traffic): Outcome['byKind'] => {
  const counts = BOARD_KINDS.map((kind) => {
    const boards = traffic.boards.filter((board) => board.kind === kind).length
    const of = (entries: Iterable<{ readonly kind: BoardKind }>) =>
      [...entries].filter((entry) => entry.kind === kind).length
    return [kind, { boards, sent: of(log.readings.values()), acked: of(log.acks.values()) }] as const
  })
  return Object.fromEntries(counts) as Record<BoardKind, KindCount>
}

/** Kinds of boards that got no ack at all, so that nothing is known of them. */
const unserved = (byKind: Outcome['byKind']): readonly string[] =>
  Object.entries(byKind)
    .filter(([kind, { boards, acked }]) => kind !== 'qos0' && boards > 0 && acked === 0)
    .map(([kind, { boards }]) => `unserved: ${boards} boards of the kind ${kind} got no ack at all`)

/** Reaches the verdict, and counts. */
export const outcomeOf = (
  schedule: Pick<Schedule, 'seed' | 'lengthMs'>,
  run: {
    readonly evidence: Evidence
    readonly byKind: Outcome['byKind']
    readonly seconds: number
    readonly notes: readonly string[]
  },
): Omit<Outcome, 'kept'> => {
  const { evidence, byKind, seconds, notes } = run
  const { traffic, rows, deadLetters, balance, played } = evidence
  const verdict = judge(evidence)
  return {
    seed: schedule.seed,
    lengthMs: schedule.lengthMs,
    seconds,
    faults: played,
    byKind,
    sent: traffic.readings.size,
    acked: traffic.acks.size,
    transmissions: traffic.transmissions,
    rows: rows.length,
    deduplicated: balance?.deduplicated ?? 0,
    deadLetters: deadLetters.length,
    balance,
    errorsLogged: errorsLogged(evidence.log),
    notes,
    ...verdict,
    problems: [...verdict.problems, ...unserved(byKind)],
  }
}
