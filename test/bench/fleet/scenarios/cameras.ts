import type { Line, ScenarioReport } from '../../scenario.ts'
import { figure, withGoal } from '../figure.ts'
import type { CamerasResult, FetchResult } from '../fleet-jobs.ts'
import { type FleetBench, type FleetScenario, startSluiceHttp } from '../fleet-scenario.ts'
import { startFleetGenerator } from '../generator.ts'
import { jpegFile } from '../jpeg-file.ts'
import { failureCount, failureText } from '../latency.ts'
import { usageDuring } from '../process-usage.ts'
import { LATENCY_GOAL_MS, verdictOf } from '../verdict.ts'

export const CAMERAS = 10
export const FRAMES_PER_SECOND = 20
const GOAL = { atMost: LATENCY_GOAL_MS }

const problemsOf = ({ failures, fetched, succeeded, unanswered, ...rest }: CamerasResult) => {
  const problems: string[] = []
  if (failureCount(failures) > 0) problems.push(`frames not taken: ${failureText(failures)}`)
  if (unanswered > 0) problems.push(`${unanswered} frames without an answer`)
  if (fetched === undefined) return problems
  const { misses, announced, readable } = fetched
  if (failureCount(misses) > 0) problems.push(`announced frames not readable: ${failureText(misses)}`)
  if (readable < announced) problems.push(`${announced - readable} of ${announced} announced frames not read`)
  if (announced < succeeded) problems.push(`${succeeded - announced} of ${succeeded} frames never announced`)
  const generator = verdictOf({ failures, succeeded, unanswered, ...rest })
  if (generator === 'generator too slow') problems.push('the generator was the limit; the run says nothing')
  return problems
}

const fetchLines = ({ announced, readable, fetchMs }: FetchResult): readonly Line[] => [
  figure('frames announced', 'count', announced),
  withGoal(figure('of them readable at once', 'count', readable), { atLeast: announced }),
  figure('reading an announced frame, p50', 'ms', fetchMs?.p50),
  figure('reading an announced frame, p99', 'ms', fetchMs?.p99),
]

const run = async (bench: FleetBench): Promise<ScenarioReport> => {
  const { seconds, warmupSeconds } = bench.options
  const generator = await startFleetGenerator(bench.cleanup)
  const target = await startSluiceHttp(bench)
  const job = {
    kind: 'cameras',
    address: target.address,
    cameras: CAMERAS,
    framesPerSecond: FRAMES_PER_SECOND,
    jpegFile: jpegFile(),
    fetchFrames: true,
    warmupSeconds,
    seconds,
  } as const
  const { result, ...usage } = await usageDuring(target.pid, () => generator.run<'cameras'>(job))
  const { frame } = result.latencyMs
  return {
    title: `${CAMERAS} cameras send ${FRAMES_PER_SECOND} frames of 22 KB a second each; a viewer fetches every one`,
    lines: [
      figure('frame sent to 200, p50', 'ms', frame?.p50),
      withGoal(figure('frame sent to 200, p99', 'ms', frame?.p99), GOAL),
      figure('frame sent to 200, max', 'ms', frame?.max),
      ...(result.fetched === undefined ? [] : fetchLines(result.fetched)),
      figure('server', 'cores', usage.cores),
      figure('generator', 'cores', result.generator.cpu),
      figure('the whole machine', 'cores', usage.machineCores),
    ],
    problems: problemsOf(result),
    notes: [],
    details: [{ ...result, ...usage }],
  }
}

export const cameras: FleetScenario = { name: 'cameras', run }
