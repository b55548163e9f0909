import type { Cleanup } from './cleanup.ts'
import type { AckedRange } from './jobs.ts'
import type { Options, ScenarioName } from './options.ts'
import type { RowCheck, Rows } from './rows.ts'

export type Unit = 'per second' | 'ms' | 'ratio' | 'MiB' | 'KiB' | 'cores' | 'count'

export type Goal = { readonly atLeast: number } | { readonly atMost: number }

/** One figure of a scenario: a value per measured round. The goal is for their median. */
export interface Line {
  readonly label: string
  readonly unit: Unit
  readonly values: readonly number[]
  readonly goal?: Goal
}

export interface ScenarioReport {
  readonly title: string
  readonly lines: readonly Line[]
  /** What makes the figures worthless: acked readings that are no row, rows stored twice, missing acks. */
  readonly problems: readonly string[]
  /** What a reader of the figures should know. */
  readonly notes: readonly string[]
  /** What was measured on the way, for the JSON alone. */
  readonly details?: readonly object[]
}

export interface Bench {
  readonly options: Options
  /** Ended after each scenario. */
  readonly cleanup: Cleanup
  log(line: string): void
  /** A boot id that no earlier run of this bench used. All are of one length, so all packets are alike. */
  nextBoot(): string
}

export interface Scenario {
  readonly name: ScenarioName
  run(bench: Bench): Promise<ScenarioReport>
}

/** Values gathered under labels over the rounds, kept in the order of their first appearance. */
export interface Gathered {
  add(label: string, value: number): void
  values(label: string): readonly number[]
  line(label: string, unit: Unit, goal?: Goal): Line
  /** One ratio per round; empty when either was not measured. */
  ratio(label: string, [over, under]: readonly [string, string], goal?: Goal): Line
}

export const createGathered = (): Gathered => {
  const all = new Map<string, number[]>()
  const values = (label: string): readonly number[] => all.get(label) ?? []
  return {
    add: (label, value) => {
      const list = all.get(label) ?? []
      list.push(value)
      all.set(label, list)
    },
    values,
    line: (label, unit, goal) => ({ label, unit, values: values(label), ...(goal && { goal }) }),
    ratio: (label, [over, under], goal) => {
      const divisors = values(under)
      const dividends = divisors.length === 0 ? [] : values(over)
      const ratios = dividends.map((value, round) => value / (divisors[round] ?? Number.NaN))
      return { label, unit: 'ratio', values: ratios, ...(goal && { goal }) }
    },
  }
}

/** The list turned by `round` places: each target is first, in the middle and last equally often. */
export const rotated = <T>(list: readonly T[], round: number): readonly T[] => {
  const by = round % list.length
  return [...list.slice(by), ...list.slice(0, by)]
}

/** What is wrong with the acks of a run and with the rows they promised; empty when all is well. */
export const problemsOf = (
  where: string,
  result: { strayAcks: number },
  check?: RowCheck,
): readonly string[] => {
  const problems: string[] = []
  if (result.strayAcks > 0) problems.push(`${where}: ${result.strayAcks} acks of messages not in flight`)
  if (check === undefined) return problems
  if (check.missing > 0)
    problems.push(`${where}: ${check.missing} of ${check.acked} acked readings are no row`)
  if (check.duplicates > 0) problems.push(`${where}: ${check.duplicates} rows are there more than once`)
  if (check.rows - check.duplicates > check.acked) problems.push(`${where}: more rows than acked readings`)
  return problems
}

/** Waits for the rows of one run and checks that each acked reading is exactly one. */
export const settleRows = async (
  rows: Rows,
  run: { readonly base: number; readonly boot: string; readonly acked: readonly AckedRange[] },
): Promise<{ readonly storedAt: number; readonly check: RowCheck }> => {
  const count = run.acked.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  const { movedAt } = await rows.waitForCursor(run.base + count)
  return { storedAt: movedAt, check: await rows.check(run.boot, run.acked) }
}
