/** The bench of the history: how long questions take that people wait for, over a month of a small firm's readings. */
import { runBench } from '../run-bench.ts'
import type { HistoryScenario } from './history-scenario.ts'
import { type HistoryOptions, type HistoryScenarioName, parseHistoryOptions, USAGE } from './options.ts'
import { overview } from './overview.ts'
import { ranges } from './ranges.ts'

const SCENARIOS = { ranges, overview } as const satisfies Record<HistoryScenarioName, HistoryScenario>

await runBench({
  name: 'history',
  usage: USAGE,
  parse: parseHistoryOptions,
  run: (name: HistoryScenarioName, options: HistoryOptions, surroundings) =>
    SCENARIOS[name]({ options, ...surroundings }),
})
