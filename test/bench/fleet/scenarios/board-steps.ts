import type { Goal } from '../../scenario.ts'
import type { DueResult } from '../fleet-jobs.ts'
import type { HttpTarget } from '../fleet-scenario.ts'
import { failureCount, failureText } from '../latency.ts'
import type { Verdict } from '../verdict.ts'

export const BOARDS_GOAL = { atLeast: 700 } as const satisfies Goal
/** What the bare server's machine does besides it and the generator is mostly the network's own work. */
const ELSEWHERE_LIMIT_CORES = 0.5

/** One number of boards on one server. */
export interface Step extends DueResult {
  readonly target: HttpTarget['name']
  readonly boards: number
  readonly verdict: Verdict
  /** Of the server's process, without its Postgres. */
  readonly cores: number
  readonly machineCores: number
  readonly listenDrops: number
}

export const stepText = ({ target, boards, latencyMs, failures, unanswered, ...step }: Step): string => {
  const kinds = ['poll', 'ingest'].map((kind) => {
    const { p50 = Number.NaN, p99 = Number.NaN } = latencyMs[kind] ?? {}
    return `${kind} ${p50.toFixed(1)} / ${p99.toFixed(1)} ms`
  })
  const errors = failureCount(failures) === 0 ? 'no errors' : `errors: ${failureText(failures)}`
  const { cpu, lagP99Ms } = step.generator
  const generator = `generator ${cpu.toFixed(2)} cores, lag ${lagP99Ms.toFixed(0)} ms`
  const open = unanswered === 0 ? '' : `, ${unanswered} unanswered`
  const drops = step.listenDrops > 0 ? `, ${step.listenDrops} connections dropped by a full backlog` : ''
  return `${target}, ${boards} boards: ${kinds.join(', ')}, ${errors}${open}${drops}; server ${step.cores.toFixed(2)} cores, ${generator}, machine ${step.machineCores.toFixed(2)} cores: ${step.verdict}`
}

export const greatestHeld = (steps: readonly Step[]): Step | undefined =>
  steps.filter(({ verdict }) => verdict === 'held').sort((a, b) => b.boards - a.boards)[0]

const isSpoilt = ({ verdict }: Step): boolean => verdict === 'generator too slow'

/** What keeps the figures from saying what they should. */
export const problemsOf = (steps: readonly Step[]): readonly string[] => {
  const ofSluice = steps.filter(({ target }) => target === 'sluice')
  const untold = (greatestHeld(ofSluice)?.boards ?? 0) < BOARDS_GOAL.atLeast && ofSluice.some(isSpoilt)
  const portless = steps.some(({ failures }) => 'EADDRNOTAVAIL' in failures)
  return [
    ...(untold ? ['the generator was too slow to tell whether the goal is met'] : []),
    ...(portless ? ['ports ran out: net.ipv4.tcp_tw_reuse must be 1 or 2 (the default)'] : []),
  ]
}

/** Cores that neither the bare server nor the generator used: then other programs were at work. */
const elsewhere = (steps: readonly Step[]): number =>
  Math.max(
    0,
    ...steps
      .filter(({ target }) => target === 'bare')
      .map(({ machineCores, cores, generator }) => machineCores - cores - generator.cpu),
  )

export const notesOf = (steps: readonly Step[]): readonly string[] => {
  const others = elsewhere(steps)
  return [
    ...(others > ELSEWHERE_LIMIT_CORES
      ? [`other programs used up to ${others.toFixed(1)} cores meanwhile: these figures say little`]
      : []),
    ...(steps.some(isSpoilt)
      ? ['where the generator was too slow, the number of boards is a lower bound']
      : []),
    ...steps.map(stepText),
  ]
}
