/** What a soak says: a line for each schedule, and a table at the end. */
import { BOARD_KINDS } from '../boards/message.ts'
import type { Fault } from '../fault.ts'
import type { Outcome } from '../outcome.ts'

/** One schedule; `crash`: there was no outcome, the run itself broke. */
export type Played =
  | { readonly seed: number; readonly outcome: Outcome }
  | { readonly seed: number; readonly crash: string }

export interface SoakRun {
  readonly firstSeed: number
  readonly seconds: number
  /** Absent: `npm run soak -- --schedules`. */
  readonly command?: string
  readonly narrowed: string
  readonly faults: readonly Pick<Fault, 'name' | 'kind'>[]
  readonly played: readonly Played[]
}

const COMMAND = 'npm run soak -- --schedules'
const SHOWN_PROBLEMS = 12
const MAX_PROBLEM_LENGTH = 600

export const outcomesOf = (played: readonly Played[]): readonly Outcome[] =>
  played.flatMap((one) => ('outcome' in one ? [one.outcome] : []))

export const hasFailed = (one: Played): boolean => 'crash' in one || one.outcome.problems.length > 0

const number = (value: number): string => value.toLocaleString('en-US')

const sum = (outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number =>
  outcomes.reduce((total, outcome) => total + of(outcome), 0)

/** The command that plays one schedule again. */
export const repeatOf = (seed: number, narrowed: string, command = COMMAND): string =>
  `${command} 1 --seed ${seed}${narrowed}`

const problemsOf = (one: Played): readonly string[] => {
  const problems = 'crash' in one ? [one.crash] : one.outcome.problems
  const shown = problems
    .slice(0, SHOWN_PROBLEMS)
    .map((problem) => `    ${problem.slice(0, MAX_PROBLEM_LENGTH)}`)
  const more = problems.length - shown.length
  return more > 0 ? [...shown, `    … and ${number(more)} more`] : shown
}

/** Why a schedule failed, and how to play it again; no lines for one that passed. */
export const failureLines = (one: Played, narrowed: string, command = COMMAND): readonly string[] => {
  if (!hasFailed(one)) return []
  const kept = 'outcome' in one && one.outcome.kept !== null ? [`    files: ${one.outcome.kept}`] : []
  return [`  seed ${one.seed} FAILED: ${repeatOf(one.seed, narrowed, command)}`, ...problemsOf(one), ...kept]
}

/** One line: how it went. */
export const lineOf = (one: Played): string => {
  if ('crash' in one) return `seed ${one.seed}: FAILED, no verdict`
  const { seed, seconds, faults, acked, rows, deduplicated, deadLetters, problems } = one.outcome
  const losses = one.outcome.toldLosses + one.outcome.uncountedLosses
  const told = losses > 0 ? `, ${number(losses)} losses told` : ''
  const figures = `${number(acked)} acked, ${number(rows)} rows, ${number(deduplicated)} deduplicated`
  const word = problems.length === 0 ? 'passed' : `FAILED with ${problems.length} problems`
  return (
    `seed ${seed}: ${word} in ${seconds.toFixed(0)} s; ${faults.length} faults; ` +
    `${figures}, ${number(deadLetters)} dead letters${told}`
  )
}

const pairs = (entries: readonly (readonly [string, string])[]): readonly string[] =>
  entries.map(([label, value]) => `  ${label.padEnd(44)}${value.padStart(14)}`)

const kindLines = (outcomes: readonly Outcome[]): readonly string[] => {
  const lines = BOARD_KINDS.map((kind) => {
    const sent = sum(outcomes, ({ byKind }) => byKind[kind].sent)
    const acked = sum(outcomes, ({ byKind }) => byKind[kind].acked)
    const never = kind === 'qos0' ? 'never' : number(acked)
    return `  ${kind.padEnd(20)}${number(sent).padStart(14)}${never.padStart(14)}`
  })
  return [`\n  ${'readings of boards'.padEnd(20)}${'sent'.padStart(14)}${'acked'.padStart(14)}`, ...lines]
}

/** How often each fault was played, by name; also those that never were. */
export const faultCounts = ({
  faults,
  played,
}: Pick<SoakRun, 'faults' | 'played'>): ReadonlyMap<string, number> => {
  const counts = new Map(faults.map(({ name }) => [name, 0]))
  for (const { name } of outcomesOf(played).flatMap((outcome) => outcome.faults)) {
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

const faultLines = (run: SoakRun): readonly string[] => {
  const kinds = new Map(run.faults.map(({ name, kind }) => [name, kind]))
  const lines = Array.from(
    faultCounts(run),
    ([name, count]) =>
      `  ${name.padEnd(32)}${(kinds.get(name) ?? '').padEnd(12)}${number(count).padStart(14)}`,
  )
  return [`\n  ${'fault'.padEnd(32)}${'kind'.padEnd(12)}${'times'.padStart(14)}`, ...lines]
}

/** The table for people: what was done, what was seen, and how to see each failure again. */
export const tableOf = (run: SoakRun): string => {
  const { played, firstSeed, seconds, narrowed, command } = run
  const outcomes = outcomesOf(played)
  const failed = played.filter(hasFailed)
  return [
    `\nsoak: ${played.length} schedules in ${(seconds / 60).toFixed(1)} min, the first with seed ${firstSeed}`,
    ...pairs([
      ['schedules passed', number(played.length - failed.length)],
      ['schedules failed', number(failed.length)],
      ['faults', number(sum(outcomes, ({ faults }) => faults.length))],
      ['readings sent', number(sum(outcomes, ({ sent }) => sent))],
      ['  with every resend', number(sum(outcomes, ({ transmissions }) => transmissions))],
      ['readings acked', number(sum(outcomes, ({ acked }) => acked))],
      ['rows in Postgres', number(sum(outcomes, ({ rows }) => rows))],
      ['deduplicated', number(sum(outcomes, ({ deduplicated }) => deduplicated))],
      ['dead letters', number(sum(outcomes, ({ deadLetters }) => deadLetters))],
      ['acked, lost to damaged files, and counted', number(sum(outcomes, ({ toldLosses }) => toldLosses))],
      ['  and told without a number', number(sum(outcomes, ({ uncountedLosses }) => uncountedLosses))],
    ]),
    ...kindLines(outcomes),
    ...faultLines(run),
    ...(failed.length === 0 ? [] : ['', ...failed.flatMap((one) => failureLines(one, narrowed, command))]),
  ].join('\n')
}
