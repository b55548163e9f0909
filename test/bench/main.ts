/** The bench: everything it compares is started here, in one run, and driven by one load generator. */
import { type Options, parseOptions, type ScenarioName, USAGE } from './options.ts'
import { runBench } from './run-bench.ts'
import type { Scenario } from './scenario.ts'
import { backlog } from './scenarios/backlog.ts'
import { idle } from './scenarios/idle.ts'
import { kept } from './scenarios/kept.ts'
import { mosquitto } from './scenarios/mosquitto.ts'
import { nodes } from './scenarios/nodes.ts'
import { overload } from './scenarios/overload.ts'
import { qos0 } from './scenarios/qos0.ts'
import { rollups } from './scenarios/rollups.ts'
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
  mosquitto,
  nodes,
  idle,
  kept,
  overload,
  backlog,
  rollups,
} as const satisfies Record<ScenarioName, Scenario>

let boots = 0
/** No two runs of a bench share a boot: rows are told apart by it. */
const nextBoot = (): string => `b${(boots++).toString(16).padStart(3, '0')}`

await runBench({
  usage: USAGE,
  parse: parseOptions,
  run: (name: ScenarioName, options: Options, surroundings) =>
    SCENARIOS[name].run({ options, ...surroundings, nextBoot }),
})
