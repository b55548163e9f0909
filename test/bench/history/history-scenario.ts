import type { Surroundings } from '../run-bench.ts'
import type { ScenarioReport } from '../scenario.ts'
import type { HistoryOptions } from './options.ts'

export type HistoryScenario = (
  bench: Surroundings & { readonly options: HistoryOptions },
) => Promise<ScenarioReport>
