/** The bench of the HTTP side: boards, cameras and viewers as they are, on Sluice and on a bare `node:http`. */
import { type Cleanup, createCleanup } from '../cleanup.ts'
import { exitOnInterrupt } from '../exit.ts'
import { describeMachine, type Finished, tableOf, writeResults } from '../report.ts'
import type { FleetBench, FleetScenario } from './fleet-scenario.ts'
import { type FleetOptions, type FleetScenarioName, parseFleetOptions, USAGE } from './options.ts'
import { boards } from './scenarios/boards.ts'
import { cameras } from './scenarios/cameras.ts'
import { viewers } from './scenarios/viewers.ts'

const SCENARIOS = { boards, cameras, viewers } as const satisfies Record<FleetScenarioName, FleetScenario>

const runScenario = async (scenario: FleetScenario, bench: FleetBench): Promise<Finished> => {
  try {
    return { name: scenario.name, ...(await scenario.run(bench)) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { name: scenario.name, title: 'could not be run', lines: [], problems: [problem], notes: [] }
  } finally {
    await bench.cleanup.all()
  }
}

const runAll = async (options: FleetOptions, root: Cleanup): Promise<readonly Finished[]> => {
  const reports: Finished[] = []
  for (const name of options.scenarios) {
    const cleanup = createCleanup()
    const forget = root.add(cleanup.all)
    const log = (line: string): void => console.error(`${name}: ${line}`)
    const report = await runScenario(SCENARIOS[name], { options, cleanup, log })
    if (root.closed) break // interrupted: what follows would be undone as it starts
    await forget()
    console.log(tableOf(report))
    reports.push(report)
  }
  return reports
}

const main = async (options: FleetOptions): Promise<void> => {
  const startedAt = new Date()
  const cleanup = createCleanup()
  const machine = await describeMachine(options.tempDir)
  const callOff = exitOnInterrupt(cleanup, options.maxMinutes)
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit.slice(0, 12)}`,
  )
  const reports = await runAll(options, cleanup)
  callOff()
  console.log(`\n${await writeResults({ bench: 'fleet', startedAt, options, machine }, reports)}`)
  process.exitCode = reports.some(({ problems }) => problems.length > 0) ? 1 : 0
}

try {
  const options = parseFleetOptions(process.argv.slice(2))
  if (options === undefined) console.log(USAGE)
  else await main(options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(`\n${USAGE}`)
  process.exitCode = 2
}
