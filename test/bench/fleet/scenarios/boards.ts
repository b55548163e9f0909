import { createGathered, type Gathered, type Line, type ScenarioReport } from '../../scenario.ts'
import {
  type FleetBench,
  type FleetScenario,
  type HttpTarget,
  startBareHttp,
  startSluiceHttp,
} from '../fleet-scenario.ts'
import { type FleetGenerator, startFleetGenerator } from '../generator.ts'
import { usageDuring } from '../process-usage.ts'
import { findGreatest, type SearchPlan } from '../search.ts'
import { LATENCY_GOAL_MS, type Verdict, verdictOf } from '../verdict.ts'
import { BOARDS_GOAL, greatestHeld, notesOf, problemsOf, type Step, stepText } from './board-steps.ts'

const SEARCH: SearchPlan = { steps: [400, 700, 800, 900, 1000, 1200], resolution: 50 }
const QUICK_SEARCH: SearchPlan = { steps: [300, 700, 1000], resolution: 200 }
/** Thrown away: for its first 15 s under load a server takes half as much time again for each request (measured). */
const WARMUP = { boards: 300, warmupSeconds: 1, seconds: 12 } as const
/** Between two runs: sockets close, the spool drains. */
const SETTLE_MS = 500

const measure = async (
  { options, log }: FleetBench,
  generator: FleetGenerator,
  { target, boards }: { readonly target: HttpTarget; readonly boards: number },
): Promise<Step> => {
  const { warmupSeconds, seconds } = options
  const job = { kind: 'boards', address: target.address, boards, warmupSeconds, seconds } as const
  const { result, ...usage } = await usageDuring(target.pid, () => generator.run<'boards'>(job))
  const step = { target: target.name, boards, verdict: verdictOf(result), ...usage, ...result }
  log(stepText(step))
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  return step
}

/** Looks for the greatest number of boards that holds, or measures those that were asked for. */
const explore = async (bench: FleetBench, generator: FleetGenerator, target: HttpTarget) => {
  const steps: Step[] = []
  const take = async (boards: number): Promise<Verdict> => {
    const step = await measure(bench, generator, { target, boards })
    steps.push(step)
    return step.verdict
  }
  let retries = 1
  /** What the generator spoilt is tried once more, once for each server: the run is bounded. */
  const holds = async (boards: number): Promise<boolean> => {
    const first = await take(boards)
    const again = first === 'generator too slow' && retries-- > 0
    return (again ? await take(boards) : first) === 'held'
  }
  await generator.run<'boards'>({ kind: 'boards', address: target.address, ...WARMUP })
  const { boards, quick } = bench.options
  if (boards === undefined) await findGreatest(quick ? QUICK_SEARCH : SEARCH, holds)
  else for (const count of boards) await holds(count)
  return steps
}

const BOARDS_LINE = `boards with p99 < ${LATENCY_GOAL_MS} ms`

const gather = (gathered: Gathered, name: string, steps: readonly Step[]): void => {
  const best = greatestHeld(steps)
  gathered.add(`${name}: ${BOARDS_LINE}`, best?.boards ?? 0)
  if (best === undefined) return
  for (const kind of ['poll', 'ingest']) {
    const summary = best.latencyMs[kind]
    if (summary === undefined) continue
    gathered.add(`${name}: ${kind} p50 then`, summary.p50)
    gathered.add(`${name}: ${kind} p99 then`, summary.p99)
  }
  gathered.add(`${name}: server then`, best.cores)
  gathered.add(`${name}: generator then`, best.generator.cpu)
}

const linesOf = (gathered: Gathered, name: string): readonly Line[] => [
  gathered.line(`${name}: ${BOARDS_LINE}`, 'count', name === 'sluice' ? BOARDS_GOAL : undefined),
  ...['poll p50', 'poll p99', 'ingest p50', 'ingest p99'].map((figure) =>
    gathered.line(`${name}: ${figure} then`, 'ms'),
  ),
  gathered.line(`${name}: server then`, 'cores'),
  gathered.line(`${name}: generator then`, 'cores'),
]

const run = async (bench: FleetBench): Promise<ScenarioReport> => {
  const generator = await startFleetGenerator(bench.cleanup)
  const gathered = createGathered()
  const steps: Step[] = []
  for (const start of [startBareHttp, startSluiceHttp]) {
    const target = await start(bench)
    const taken = await explore(bench, generator, target)
    gather(gathered, target.name, taken)
    steps.push(...taken)
    await target.stop()
  }
  const label = (name: string): string => `${name}: ${BOARDS_LINE}`
  return {
    title: 'each board polls every 150 ms and ingests every second, on a new connection each time',
    lines: [
      ...linesOf(gathered, 'bare'),
      ...linesOf(gathered, 'sluice'),
      gathered.ratio('sluice ÷ bare, boards', [label('sluice'), label('bare')]),
    ],
    problems: problemsOf(steps),
    notes: notesOf(steps),
    details: steps,
  }
}

export const boards: FleetScenario = { name: 'boards', run }
