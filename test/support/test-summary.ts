/** What of a test run is decided without running anything: whether it needs Postgres, and its last line. Pure. */

const WITHOUT_POSTGRES: readonly string[] = ['unit', 'architecture']

/** The values of a jest option that takes a list: `--x a b --y`, `--x=a --x=b`. */
const valuesOf = (args: readonly string[], option: string): readonly string[] => {
  const values: string[] = []
  let taking = false
  for (const arg of args) {
    if (arg.startsWith(`${option}=`)) values.push(arg.slice(option.length + 1))
    else if (taking && !arg.startsWith('-')) values.push(arg)
    taking = arg === option || (taking && !arg.startsWith('-'))
  }
  return values
}

/** False when the arguments select only projects whose tests do no I/O. */
export const needsPostgres = (jestArgs: readonly string[]): boolean => {
  const projects = valuesOf(jestArgs, '--selectProjects')
  return projects.length === 0 || projects.some((project) => !WITHOUT_POSTGRES.includes(project))
}

/** The part of jest's `--json` result that counts. */
export interface JestResult {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  /** Files that could not be run at all: each may hide any number of tests. */
  readonly numRuntimeErrorTestSuites: number
}

export interface Summary {
  readonly line: string
  readonly exitCode: number
}

/**
 * The one line a run ends with, and its exit code. A file that could not be run counts as a failed test, and so
 * does a run that jest itself calls failed or that left no result: nothing that went wrong may look like success.
 */
export const summarise = (result: JestResult | undefined, jestExitCode: number): Summary => {
  const passed = result?.numPassedTests ?? 0
  const skipped = (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0)
  const counted = (result?.numFailedTests ?? 0) + (result?.numRuntimeErrorTestSuites ?? 0)
  const broken = result === undefined || jestExitCode !== 0
  const failed = counted === 0 && broken ? 1 : counted
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return { line, exitCode: failed === 0 ? 0 : jestExitCode || 1 }
}
