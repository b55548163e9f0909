/**
 * What every bench does around its scenarios: one after the other, each cleaned up, a table each and one file for
 * all. Ctrl-C and the time limit end it and undo what it did.
 */
import { type Cleanup, createCleanup } from './cleanup.ts'
import { exitOnInterrupt } from './exit.ts'
import { describeMachine, type Finished, tableOf, writeResults } from './report.ts'

export interface RunOptions<Name extends string> {
  readonly scenarios: readonly Name[]
  readonly tempDir: string
  readonly maxMinutes: number
}

/** What a scenario is run with. */
export interface Surroundings {
  readonly cleanup: Cleanup
  readonly log: (line: string) => void
}

export interface Bench<Name extends string, Options extends RunOptions<Name>> {
  /** In the name of its results file; absent for the bench of readings. */
  readonly name?: string
  readonly usage: string
  /** Undefined: the usage was asked for. Throws what the user did wrong. */
  readonly parse: (args: readonly string[]) => Options | undefined
  readonly run: (name: Name, options: Options, surroundings: Surroundings) => Promise<Omit<Finished, 'name'>>
}

/** A scenario that breaks is a problem of its own; the others go on. What it started is ended either way. */
const finish = async (
  name: string,
  cleanup: Cleanup,
  run: () => Promise<Omit<Finished, 'name'>>,
): Promise<Finished> => {
  try {
    return { name, ...(await run()) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { name, title: 'could not be run', lines: [], problems: [problem], notes: [] }
  } finally {
    await cleanup.all()
  }
}

const runAll = async <Name extends string, Options extends RunOptions<Name>>(
  bench: Bench<Name, Options>,
  options: Options,
  root: Cleanup,
): Promise<readonly Finished[]> => {
  const reports: Finished[] = []
  for (const name of options.scenarios) {
    const cleanup = createCleanup()
    const forget = root.add(cleanup.all)
    const log = (line: string): void => console.error(`${name}: ${line}`)
    const report = await finish(name, cleanup, () => bench.run(name, options, { cleanup, log }))
    if (root.closed) break // interrupted: what follows would be undone as it starts
    await forget()
    console.log(tableOf(report))
    reports.push(report)
  }
  return reports
}

const runWith = async <Name extends string, Options extends RunOptions<Name>>(
  bench: Bench<Name, Options>,
  options: Options,
): Promise<void> => {
  const startedAt = new Date()
  const cleanup = createCleanup()
  const machine = await describeMachine(options.tempDir)
  const callOff = exitOnInterrupt(cleanup, options.maxMinutes)
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit.slice(0, 12)}`,
  )
  if (machine.tempInMemory) console.log(`note: ${options.tempDir} is in memory: fsync costs nothing there`)
  const reports = await runAll(bench, options, cleanup)
  callOff()
  const named = bench.name === undefined ? {} : { bench: bench.name }
  console.log(`\n${await writeResults({ ...named, startedAt, options, machine }, reports)}`)
  process.exitCode = reports.some(({ problems }) => problems.length > 0) ? 1 : 0
}

/** Runs a bench with the arguments of the command line; sets the exit code: 1 for a problem, 2 for a wrong use. */
export const runBench = async <Name extends string, Options extends RunOptions<Name>>(
  bench: Bench<Name, Options>,
): Promise<void> => {
  try {
    const options = bench.parse(process.argv.slice(2))
    if (options === undefined) console.log(bench.usage)
    else await runWith(bench, options)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error(`\n${bench.usage}`)
    process.exitCode = 2
  }
}
