import type { Line } from '../scenario.ts'
import { quantile } from '../statistics.ts'

const WARM_RUNS = 30

/** Milliseconds of each run, ascending; those that warm up left out. One after the other: nothing waits but for its answer. */
export const timeRuns = async (
  runs: number,
  ask: (run: number) => Promise<unknown>,
): Promise<readonly number[]> => {
  const times: number[] = []
  for (let run = 0; run < runs + WARM_RUNS; run++) {
    const startedAt = performance.now()
    await ask(run)
    if (run >= WARM_RUNS) times.push(performance.now() - startedAt)
  }
  return times.sort((a, b) => a - b)
}

export const linesOf = (
  label: string,
  times: readonly number[],
  goalMs: number | undefined,
): readonly Line[] => [
  { label: `${label}: p50`, unit: 'ms', values: [quantile(times, 0.5)] },
  {
    label: `${label}: p99`,
    unit: 'ms',
    values: [quantile(times, 0.99)],
    ...(goalMs === undefined ? {} : { goal: { atMost: goalMs } }),
  },
]

export const isMissed = (times: readonly number[], goalMs: number | undefined): boolean =>
  goalMs !== undefined && quantile(times, 0.99) > goalMs
