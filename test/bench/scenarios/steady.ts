import { createEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/embedded-postgres/index.ts'
import { tempFolder } from '../cleanup.ts'
import { type Generator, startGenerator } from '../generator.ts'
import type { ClosedResult, OpenResult } from '../jobs.ts'
import { openRows } from '../rows.ts'
import {
  type Bench,
  createGathered,
  type Gathered,
  type Line,
  problemsOf,
  rotated,
  type Scenario,
  type ScenarioReport,
  settleRows,
} from '../scenario.ts'
import { startAedes, startSluice, type Target } from '../targets.ts'

const BOARDS = 50
const MESSAGES_PER_SECOND = 5000
const WARMUP_SECONDS = 2
const WARMUP_MESSAGES = 50_000
/** After the last message: its ack (30 s at most) and what the generator needs to sum up. */
const EXTRA_MS = 60_000
const GOAL = { atMost: 25 }

type Weather = 'aedes' | 'sluice' | 'sluice, Postgres stopped'

interface Stage {
  readonly bench: Bench
  readonly generator: Generator
  readonly aedes: Target | undefined
  readonly sluice:
    | { readonly target: Target; readonly postgres: EmbeddedPostgres; readonly url: string }
    | undefined
}

const prepare = async (bench: Bench): Promise<Stage> => {
  const { cleanup, options } = bench
  const generator = await startGenerator(cleanup)
  const aedes = options.targets.includes('aedes') ? await startAedes(cleanup) : undefined
  if (!options.targets.includes('sluice')) return { bench, generator, aedes, sluice: undefined }
  const postgres = createEmbeddedPostgres({ dataDir: await tempFolder(cleanup, options.tempDir) })
  cleanup.add(() => postgres.stop())
  const { url } = await postgres.start()
  const target = await startSluice(cleanup, options.tempDir, { databaseUrl: url, redisUrl: options.redisUrl })
  return { bench, generator, aedes, sluice: { target, postgres, url } }
}

/** Gets the code compiled and, for Sluice, its rows stored: the first measured run starts from calm. */
const warmUp = async ({ bench, generator, aedes, sluice }: Stage): Promise<readonly string[]> => {
  const load = { boards: BOARDS, window: 20, messagesPerBoard: WARMUP_MESSAGES / BOARDS }
  const publish = (target: Target, boot: string): Promise<ClosedResult> =>
    generator.run<'closed'>({ kind: 'closed', address: target.address, boot, ...load }, EXTRA_MS)

  if (aedes !== undefined) await publish(aedes, bench.nextBoot())
  if (sluice === undefined) return []
  const boot = bench.nextBoot()
  const rows = await openRows(sluice.url)
  const base = await rows.cursor()
  const result = await publish(sluice.target, boot)
  const { check } = await settleRows(rows, { base, boot, acked: result.acked })
  await rows.close()
  return problemsOf('sluice, warming up', result, check)
}

const publishSteadily = (stage: Stage, target: Target, boot: string): Promise<OpenResult> => {
  const { seconds } = stage.bench.options
  const job = {
    kind: 'open',
    address: target.address,
    boards: BOARDS,
    messagesPerSecond: MESSAGES_PER_SECOND,
    seconds: seconds + WARMUP_SECONDS,
    warmupSeconds: WARMUP_SECONDS,
    boot,
  } as const
  return stage.generator.run<'open'>(job, job.seconds * 1000 + EXTRA_MS)
}

/** Runs with Postgres there or stopped from before the first message until after the last ack. */
const onSluice = async (stage: Stage, sluice: NonNullable<Stage['sluice']>, stopped: boolean) => {
  const boot = stage.bench.nextBoot()
  const before = await openRows(sluice.url)
  const base = await before.cursor()
  await before.close()
  if (stopped) await sluice.postgres.stop()
  const result = await publishSteadily(stage, sluice.target, boot)
  const url = stopped ? (await sluice.postgres.start()).url : sluice.url
  if (url !== sluice.url) throw new Error('Postgres came back at another address')
  const rows = await openRows(url)
  const { storedAt, check } = await settleRows(rows, { base, boot, acked: result.acked })
  await rows.close()
  return { result, check, behindMs: storedAt - result.endedAt }
}

const gather = (gathered: Gathered, weather: Weather, { latencyMs, latenessMs }: OpenResult): void => {
  gathered.add(`${weather}: p50`, latencyMs.p50)
  gathered.add(`${weather}: p99`, latencyMs.p99)
  gathered.add(`${weather}: p99.9`, latencyMs.p999)
  gathered.add(`${weather}: max`, latencyMs.max)
  gathered.add(`${weather}: generator late, p99`, latenessMs.p99)
}

const linesOf = (gathered: Gathered, weathers: readonly Weather[]): readonly Line[] => [
  ...weathers.flatMap((weather) => [
    gathered.line(`${weather}: p50`, 'ms'),
    gathered.line(`${weather}: p99`, 'ms', weather === 'aedes' ? undefined : GOAL),
    gathered.line(`${weather}: p99.9`, 'ms'),
    gathered.line(`${weather}: max`, 'ms'),
    gathered.line(`${weather}: generator late, p99`, 'ms'),
  ]),
  gathered.line('sluice: last row after last ack', 'ms'),
]

const run = async (bench: Bench): Promise<ScenarioReport> => {
  const stage = await prepare(bench)
  const gathered = createGathered()
  const problems = [...(await warmUp(stage))]
  const weathers: Weather[] = [
    ...(stage.aedes ? (['aedes'] as const) : []),
    ...(stage.sluice ? (['sluice', 'sluice, Postgres stopped'] as const) : []),
  ]

  const takeTurn = async (weather: Weather): Promise<OpenResult | undefined> => {
    if (weather === 'aedes') return stage.aedes && publishSteadily(stage, stage.aedes, bench.nextBoot())
    if (stage.sluice === undefined) return undefined
    const { result, check, behindMs } = await onSluice(stage, stage.sluice, weather !== 'sluice')
    problems.push(...problemsOf(weather, result, check))
    if (weather === 'sluice') gathered.add('sluice: last row after last ack', behindMs)
    return result
  }

  for (let round = 0; round < bench.options.rounds; round++) {
    for (const weather of rotated(weathers, round)) {
      const result = await takeTurn(weather)
      if (result === undefined) continue
      if (result.unacked > 0) problems.push(`${weather}: ${result.unacked} messages were never acked`)
      gather(gathered, weather, result)
    }
    bench.log(`round ${round + 1} of ${bench.options.rounds}`)
  }
  const title = `PUBACK latency at ${MESSAGES_PER_SECOND} messages/s over ${BOARDS} boards, ${bench.options.seconds} s`
  return { title, lines: linesOf(gathered, weathers), problems, notes: [] }
}

export const steady: Scenario = { name: 'steady', run }
