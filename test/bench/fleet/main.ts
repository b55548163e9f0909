/** The bench of the HTTP side: boards, cameras and viewers as they are, on Sluice and on a bare `node:http`. */
import { runBench } from '../run-bench.ts'
import type { FleetScenario } from './fleet-scenario.ts'
import { type FleetOptions, type FleetScenarioName, parseFleetOptions, USAGE } from './options.ts'
import { boards } from './scenarios/boards.ts'
import { cameras } from './scenarios/cameras.ts'
import { viewers } from './scenarios/viewers.ts'

const SCENARIOS = { boards, cameras, viewers } as const satisfies Record<FleetScenarioName, FleetScenario>

await runBench({
  name: 'fleet',
  usage: USAGE,
  parse: parseFleetOptions,
  run: (name: FleetScenarioName, options: FleetOptions, surroundings) =>
    SCENARIOS[name].run({ options, ...surroundings }),
})
