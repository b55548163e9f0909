import { execFile } from 'node:child_process'
import { mkdir, statfs, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Goal, Line, ScenarioReport, Unit } from './scenario.ts'
import { median } from './statistics.ts'

const RESULTS_FOLDER = 'bench-results'
const TMPFS_MAGIC = 0x01021994
const LABEL_WIDTH = 44

export interface Finished extends ScenarioReport {
  readonly name: string
}

const DIGITS = {
  'per second': 0,
  count: 0,
  ms: 2,
  ratio: 3,
  MiB: 1,
  KiB: 2,
  cores: 2,
} as const satisfies Record<Unit, number>

const format = (value: number, unit: Unit): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: DIGITS[unit], maximumFractionDigits: DIGITS[unit] })

const isMet = (goal: Goal, value: number): boolean =>
  'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost

const goalText = (goal: Goal, value: number): string => {
  const bound = 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`
  return `   goal ${bound}: ${isMet(goal, value) ? 'met' : 'NOT met'}`
}

const lineText = ({ label, unit, values, goal }: Line): string => {
  const middle = median(values)
  const shown = `${format(middle, unit)}${unit === 'ratio' || unit === 'count' ? '' : ` ${unit}`}`
  const spread = `(${format(Math.min(...values), unit)}–${format(Math.max(...values), unit)})`
  const range = values.length > 1 ? spread : ''
  return `  ${label.padEnd(LABEL_WIDTH)} ${shown.padStart(20)} ${range.padEnd(22)}${goal ? goalText(goal, middle) : ''}`
}

/** The scenario as a table for people: the median of each figure, and its smallest and largest round. */
export const tableOf = (report: Finished): string =>
  [
    `\n${report.name}: ${report.title}`,
    ...report.lines.filter(({ values }) => values.length > 0).map((line) => lineText(line).trimEnd()),
    ...report.notes.map((note) => `  note: ${note}`),
    ...report.problems.map((problem) => `  PROBLEM: ${problem}`),
  ].join('\n')

const git = (...args: readonly string[]): Promise<string | undefined> =>
  promisify(execFile)('git', [...args]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  )

/** Where the figures come from; they mean nothing without it. */
export const describeMachine = async (tempDir: string) => {
  const [commit, changes, disk] = await Promise.all([
    git('rev-parse', 'HEAD'),
    git('status', '--porcelain'),
    statfs(tempDir),
  ])
  return {
    commit: commit ?? 'unknown',
    uncommittedChanges: changes === undefined ? undefined : changes !== '',
    node: process.version,
    os: `${process.platform} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    /** In memory nothing is ever fsynced: figures from there say nothing about a disk. */
    tempInMemory: disk.type === TMPFS_MAGIC,
  }
}

const summaryOf = (line: Line) => {
  const middle = median(line.values)
  return {
    ...line,
    median: middle,
    min: Math.min(...line.values),
    max: Math.max(...line.values),
    ...(line.goal && { met: isMet(line.goal, middle) }),
  }
}

/** Writes everything as JSON; gives the file's path. Other benches than the first put their name before the time. */
export const writeResults = async (
  run: {
    readonly bench?: string
    readonly startedAt: Date
    readonly options: object
    readonly machine: object
  },
  reports: readonly Finished[],
): Promise<string> => {
  const scenarios = reports.map((report) => ({
    ...report,
    lines: report.lines.filter(({ values }) => values.length > 0).map(summaryOf),
  }))
  await mkdir(RESULTS_FOLDER, { recursive: true })
  const time = run.startedAt.toISOString().replaceAll(':', '-')
  const file = join(RESULTS_FOLDER, `${run.bench === undefined ? '' : `${run.bench}-`}${time}.json`)
  await writeFile(file, `${JSON.stringify({ ...run, scenarios }, undefined, 2)}\n`)
  return file
}
