import { createEmbeddedPostgres, type EmbeddedPostgres } from '../../../src/embedded-postgres/index.ts'
import { tempFolder } from '../cleanup.ts'
import { type Generator, startGenerator } from '../generator.ts'
import { type AckSample, monotonicMs, type OpenResult } from '../jobs.ts'
import { openRows } from '../rows.ts'
import { type Bench, problemsOf, type Scenario, type ScenarioReport, settleRows } from '../scenario.ts'
import { quantile } from '../statistics.ts'
import { startSluice, type Target } from '../targets.ts'

const BOARDS = 50
const MESSAGES_PER_SECOND = 2_000
/** The boards of the backlog keep this many unacked. */
const WINDOW = 20
/** Times the messages of a round: 1.2 million rows by default. */
const BACKLOG_ROUNDS = 4
const SETTLE_MS = 2_000
const SPOOL_TIMEOUT_MS = 180_000
const EXTRA_MS = 60_000
/** The most a live run may last: ids for every message of a board are kept until its end. */
const LIVE_SECONDS = 600
const GOAL = { atMost: 2 }

interface Stage {
  readonly bench: Bench
  readonly generator: Generator
  readonly target: Target
  readonly postgres: EmbeddedPostgres
  readonly url: string
}

interface Span {
  readonly from: number
  readonly to: number
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const prepare = async (bench: Bench): Promise<Stage> => {
  const { cleanup, options } = bench
  const generator = await startGenerator(cleanup)
  const postgres = createEmbeddedPostgres({ dataDir: await tempFolder(cleanup, options.tempDir) })
  cleanup.add(() => postgres.stop())
  const { url } = await postgres.start()
  const target = await startSluice(cleanup, options.tempDir, { databaseUrl: url, redisUrl: options.redisUrl })
  return { bench, generator, target, postgres, url }
}

const withRows = async <T>(url: string, use: (rows: Awaited<ReturnType<typeof openRows>>) => Promise<T>) => {
  const rows = await openRows(url)
  try {
    return await use(rows)
  } finally {
    await rows.close()
  }
}

/** Steady live load for as long as `meanwhile` runs; what that gives, and the acks. */
const live = <T>({ generator, target, bench }: Stage, boot: string, meanwhile: () => Promise<T>) =>
  generator.publishDuring(
    {
      kind: 'open',
      address: target.address,
      boards: BOARDS,
      messagesPerSecond: MESSAGES_PER_SECOND,
      seconds: LIVE_SECONDS,
      warmupSeconds: 0,
      boot,
    },
    async () => {
      bench.log('live load is on')
      return await meanwhile()
    },
    EXTRA_MS,
  )

const sleepThrough = async (ms: number): Promise<Span> => {
  const from = monotonicMs()
  await pause(ms)
  return { from, to: monotonicMs() }
}

/** As many messages as asked for, as fast as they are acked. */
const publish = (stage: Stage, boot: string, messages: number) =>
  stage.generator.run<'closed'>(
    {
      kind: 'closed',
      address: stage.target.address,
      boards: BOARDS,
      window: WINDOW,
      messagesPerBoard: Math.ceil(messages / BOARDS),
      boot,
    },
    SPOOL_TIMEOUT_MS,
  )

/** Starts Postgres under the live load; from when its first rows were stored until all of the backlog was. */
const drain = async ({ postgres, url }: Stage, base: number, rowsInBacklog: number): Promise<Span> => {
  await pause(SETTLE_MS)
  const back = await postgres.start()
  if (back.url !== url) throw new Error('Postgres came back at another address')
  return withRows(url, async (rows) => {
    await rows.waitForCursor(base + 1)
    const from = monotonicMs()
    const { reached, movedAt } = await rows.waitForCursor(base + rowsInBacklog)
    if (!reached) throw new Error('the backlog was not drained')
    return { from, to: movedAt }
  })
}

const latenciesIn = (samples: readonly AckSample[], { from, to }: Span): Float64Array =>
  Float64Array.from(samples.filter(([dueAt]) => dueAt >= from && dueAt < to).map(([, ms]) => ms)).sort()

const check = (url: string, boot: string, { acked, unacked, strayAcks }: OpenResult) =>
  withRows(url, async (rows) => [
    ...problemsOf(boot, { strayAcks }, await rows.check(boot, acked)),
    ...(unacked > 0 ? [`${unacked} messages of the live load were never acked`] : []),
  ])

const linesFor = (name: string, ascending: Float64Array) => [
  { label: `${name}: p50`, unit: 'ms' as const, values: [quantile(ascending, 0.5)] },
  { label: `${name}: p99`, unit: 'ms' as const, values: [quantile(ascending, 0.99)] },
  { label: `${name}: p99.9`, unit: 'ms' as const, values: [quantile(ascending, 0.999)] },
  { label: `${name}: max`, unit: 'ms' as const, values: [quantile(ascending, 1)] },
]

const run = async (bench: Bench): Promise<ScenarioReport> => {
  const stage = await prepare(bench)
  const { postgres, url } = stage
  const spanMs = bench.options.seconds * 1000
  const boots = [bench.nextBoot(), bench.nextBoot(), bench.nextBoot(), bench.nextBoot()] as const
  const problems: string[] = []

  const warmBase = await withRows(url, (rows) => rows.cursor())
  const warm = await publish(stage, boots[0], bench.options.messages / 3)
  await withRows(url, (rows) => settleRows(rows, { base: warmBase, boot: boots[0], acked: warm.acked }))
  const [calmSpan, calm] = await live(stage, boots[1], async () => {
    await pause(SETTLE_MS)
    return sleepThrough(spanMs)
  })
  problems.push(...(await check(url, boots[1], calm)))

  const base = await withRows(url, (rows) => rows.cursor())
  await postgres.stop()
  const backlog = await publish(stage, boots[2], bench.options.messages * BACKLOG_ROUNDS)
  const count = backlog.acked.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  bench.log(`${count} rows are in the spool`)
  const [spans, draining] = await live(stage, boots[3], async () => {
    await pause(SETTLE_MS)
    const away = await sleepThrough(spanMs / 2)
    return { away, drained: await drain(stage, base, count) }
  })
  problems.push(...(await check(url, boots[3], draining)))
  const last = await withRows(url, (rows) => rows.check(boots[2], backlog.acked))
  problems.push(...problemsOf('the backlog', backlog, last))

  const calmAcks = latenciesIn(calm.samples ?? [], calmSpan)
  const awayAcks = latenciesIn(draining.samples ?? [], spans.away)
  const drainAcks = latenciesIn(draining.samples ?? [], spans.drained)
  const drainMs = spans.drained.to - spans.drained.from
  return {
    title: `PUBACK latency at ${MESSAGES_PER_SECOND} messages/s over ${BOARDS} boards while ${count} rows drain`,
    lines: [
      ...linesFor('calm', calmAcks),
      ...linesFor('Postgres away', awayAcks),
      ...linesFor('draining', drainAcks),
      {
        label: 'p99 draining ÷ calm',
        unit: 'ratio',
        values: [quantile(drainAcks, 0.99) / quantile(calmAcks, 0.99)],
        goal: GOAL,
      },
      { label: 'drained', unit: 'per second', values: [(count * 1000) / drainMs] },
      { label: 'the drain took', unit: 'ms', values: [drainMs] },
      { label: 'generator late, p99', unit: 'ms', values: [draining.latenessMs.p99] },
    ],
    problems,
    notes: [],
  }
}

/** Whether live acks wait for a backlog on its way to Postgres. */
export const backlog: Scenario = { name: 'backlog', run }
