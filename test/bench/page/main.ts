/** The bench of the page: what a browser has to do for a fleet that sends, and pictures of each view. */
import { runBench } from '../run-bench.ts'
import { frames } from './frames.ts'
import { type PageOptions, type PageScenarioName, parsePageOptions, USAGE } from './options.ts'
import type { PageScenario } from './page-scenario.ts'
import { screenshots } from './screenshots.ts'

const SCENARIOS = { frames, screenshots } as const satisfies Record<PageScenarioName, PageScenario>

await runBench({
  name: 'page',
  usage: USAGE,
  parse: parsePageOptions,
  run: (name: PageScenarioName, options: PageOptions, surroundings) =>
    SCENARIOS[name]({ options, ...surroundings }),
})
