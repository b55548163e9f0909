/** The bench: everything it compares is started here, in one run, and driven by one load generator. */
import { type Cleanup, createCleanup } from './cleanup.ts'
import { exitOnInterrupt } from './exit.ts'
import { type Options, parseOptions, type ScenarioName, USAGE } from './options.ts'
import { describeMachine, type Finished, tableOf, writeResults } from './report.ts'
import type { Bench, Scenario } from './scenario.ts'
import { idle } from './scenarios/idle.ts'
import { qos0 } from './scenarios/qos0.ts'
import { steady } from './scenarios/steady.ts'
import { createThroughput } from './scenarios/throughput.ts'

const SCENARIOS = {
  qos1: createThroughput({
    name: 'qos1',
    boards: 50,
    window: 20,
    goals: { acks: { atLeast: 0.9 }, durable: { atLeast: 0.8 } },
  }),
  many: createThroughput({
    name: 'many',
    boards: 1000,
    window: 1,
    goals: { acks: { atLeast: 0.8 }, durable: { atLeast: 0.8 } },
  }),
  steady,
  qos0,
  idle,
} as const satisfies Record<ScenarioName, Scenario>

const runScenario = async (scenario: Scenario, bench: Bench): Promise<Finished> => {
  try {
    return { name: scenario.name, ...(await scenario.run(bench)) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { name: scenario.name, title: 'could not be run', lines: [], problems: [problem], notes: [] }
  } finally {
    await bench.cleanup.all()
  }
}

const runAll = async (options: Options, root: Cleanup): Promise<readonly Finished[]> => {
  const reports: Finished[] = []
  let boots = 0
  for (const name of options.scenarios) {
    const cleanup = createCleanup()
    const forget = root.add(cleanup.all)
    const log = (line: string): void => console.error(`${name}: ${line}`)
    const nextBoot = (): string => `b${(boots++).toString(16).padStart(3, '0')}`
    const report = await runScenario(SCENARIOS[name], { options, cleanup, log, nextBoot })
    if (root.closed) break // interrupted: what follows would be undone as it starts
    await forget()
    console.log(tableOf(report))
    reports.push(report)
  }
  return reports
}

const main = async (options: Options): Promise<void> => {
  const startedAt = new Date()
  const cleanup = createCleanup()
  const machine = await describeMachine(options.tempDir)
  const callOff = exitOnInterrupt(cleanup, options.maxMinutes)
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit.slice(0, 12)}`,
  )
  if (machine.tempInMemory) console.log(`note: ${options.tempDir} is in memory: fsync costs nothing there`)
  const reports = await runAll(options, cleanup)
  callOff()
  console.log(`\n${await writeResults({ startedAt, options, machine }, reports)}`)
  process.exitCode = reports.some(({ problems }) => problems.length > 0) ? 1 : 0
}

try {
  const options = parseOptions(process.argv.slice(2))
  if (options === undefined) console.log(USAGE)
  else await main(options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(`\n${USAGE}`)
  process.exitCode = 2
}
