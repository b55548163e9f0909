import { type Generator, startGenerator } from '../generator.ts'
import type { OverloadResult } from '../jobs.ts'
import { type MemorySample, type MetricsSample, readMetrics, watchMemory } from '../process-memory.ts'
import { openRows, type Rows } from '../rows.ts'
import { type Bench, problemsOf, type Scenario, type ScenarioReport, settleRows } from '../scenario.ts'
import { startSluice, type Target } from '../targets.ts'

const BOARDS = 1_000
/** So many times what was sustained is offered. */
const TIMES = 5
/** One board in so many never reads an ack. */
const DEAF_EVERY = 20
const CLOSED_TIMEOUT_MS = 120_000
const EXTRA_MS = 90_000
const DRAIN_WITHIN_MS = 300_000
const DROPPED = 'sluice_dropped_total{reason="spool-full-qos0"}'
/** As docs/bench.md makes it up. */
const GOAL = { atMost: 1024 }

interface Stage {
  readonly bench: Bench
  readonly generator: Generator
  readonly target: Target
  readonly http: NonNullable<Target['http']>
  readonly rows: Rows
}

const prepare = async (bench: Bench): Promise<Stage> => {
  const { cleanup, options } = bench
  const generator = await startGenerator(cleanup)
  const target = await startSluice(cleanup, options.tempDir, { redisUrl: options.redisUrl })
  const { http, databaseUrl } = target
  if (http === undefined || databaseUrl === undefined) throw new Error('Sluice told no address')
  const rows = await openRows(databaseUrl)
  cleanup.add(rows.close)
  return { bench, generator, target, http, rows }
}

/** Messages a second from the first send to the last row, every board keeping its window full. */
const sustained = async (
  { bench, generator, target, rows }: Stage,
  where: string,
): Promise<{ readonly perSecond: number; readonly problems: readonly string[] }> => {
  const load = { boards: 50, window: 20, messagesPerBoard: Math.ceil(bench.options.messages / 50) }
  const boot = bench.nextBoot()
  const base = await rows.cursor()
  const job = { kind: 'closed', address: target.address, boot, ...load } as const
  const result = await generator.run<'closed'>(job, CLOSED_TIMEOUT_MS)
  const { storedAt, check } = await settleRows(rows, { base, boot, acked: result.acked })
  return {
    perSecond: (load.boards * load.messagesPerBoard * 1000) / (storedAt - result.startedAt),
    problems: problemsOf(where, result, check),
  }
}

const untilDrained = async (http: Stage['http']): Promise<MetricsSample> => {
  const giveUpAt = Date.now() + DRAIN_WITHIN_MS
  for (;;) {
    const metrics = await readMetrics(http).catch(() => undefined)
    if (metrics?.get('sluice_spool_waiting_rows') === 0 && metrics.get('sluice_pending_bytes') === 0)
      return metrics
    if (Date.now() > giveUpAt) throw new Error('the spool was not drained in time')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const push = async (stage: Stage, perSecond: number) => {
  const { bench, generator, target, http, rows } = stage
  const boot = bench.nextBoot()
  const job = {
    kind: 'overload',
    address: target.address,
    boards: BOARDS,
    boot,
    messagesPerSecond: Math.round(perSecond * TIMES),
    seconds: bench.options.seconds,
    deafEvery: DEAF_EVERY,
  } as const
  const memory = watchMemory(target.pid, http)
  const result = await generator.run<'overload'>(job, job.seconds * 1000 + EXTRA_MS)
  const metrics = await untilDrained(http)
  const samples = await memory.stop()
  const check = await rows.check(boot, result.acked)
  const problems = [
    ...(result.strayAcks > 0 ? [`${result.strayAcks} acks of messages not in flight`] : []),
    ...(check.missing > 0 ? [`${check.missing} of ${check.acked} acked readings are no row`] : []),
    ...(check.duplicates > 0 ? [`${check.duplicates} rows are there more than once`] : []),
  ]
  return { result, samples, check, metrics, problems }
}

const most = (samples: readonly MemorySample[], of: (sample: MemorySample) => number | undefined): number =>
  samples.reduce((highest, sample) => Math.max(highest, of(sample) ?? 0), 0)

const linesOf = (
  { due, sent, keptBack, closed, latencyMs, startedAt, endedAt, generatorCpu }: OverloadResult,
  {
    rows,
    acked,
    samples,
    metrics,
  }: {
    readonly rows: number
    readonly acked: number
    readonly samples: readonly MemorySample[]
    readonly metrics: MetricsSample
  },
) => {
  const perSecond = (count: number): readonly number[] => [(count * 1000) / (endedAt - startedAt)]
  return [
    { label: 'offered', unit: 'per second', values: perSecond(due) },
    { label: 'kept back by TCP', unit: 'per second', values: perSecond(keptBack) },
    { label: 'written, QoS 1', unit: 'per second', values: perSecond(sent.qos1) },
    { label: 'acked, QoS 1', unit: 'per second', values: perSecond(acked) },
    { label: 'written, QoS 0', unit: 'per second', values: perSecond(sent.qos0) },
    { label: 'rows', unit: 'per second', values: perSecond(rows) },
    { label: 'QoS 0 dropped', unit: 'count', values: [metrics.get(DROPPED) ?? 0] },
    { label: 'QoS 1 refused', unit: 'count', values: [metrics.get('sluice_messages_held_total') ?? 0] },
    { label: 'connections closed', unit: 'count', values: [closed] },
    { label: 'write to PUBACK, p50', unit: 'ms', values: [latencyMs.p50] },
    { label: 'write to PUBACK, p99', unit: 'ms', values: [latencyMs.p99] },
    { label: 'write to PUBACK, max', unit: 'ms', values: [latencyMs.max] },
    { label: 'memory before', unit: 'MiB', values: [samples[0]?.ownMiB ?? Number.NaN] },
    { label: 'memory, most', unit: 'MiB', values: [most(samples, (s) => s.ownMiB)], goal: GOAL },
    { label: 'mapped files, most', unit: 'MiB', values: [most(samples, (s) => s.mappedMiB)] },
    { label: 'heap used, most', unit: 'MiB', values: [most(samples, (s) => s.heapMiB)] },
    { label: 'outside of the heap, most', unit: 'MiB', values: [most(samples, (s) => s.externalMiB)] },
    { label: 'generator', unit: 'cores', values: [generatorCpu] },
  ] as const
}

const run = async (bench: Bench): Promise<ScenarioReport> => {
  const stage = await prepare(bench)
  const warm = await sustained(stage, 'warming up')
  const calm = await sustained(stage, 'before')
  bench.log(`sustained ${Math.round(calm.perSecond)}/s`)
  const pushed = await push(stage, calm.perSecond)
  bench.log('pushed')
  const after = await sustained(stage, 'after')
  const { check, result, samples, metrics } = pushed
  return {
    title: `${TIMES} times what is sustained, for ${bench.options.seconds} s over ${BOARDS} boards`,
    lines: [
      { label: 'sustained before (rows)', unit: 'per second', values: [calm.perSecond] },
      ...linesOf(result, { rows: check.rows, acked: check.acked, samples, metrics }),
      { label: 'sustained after (rows)', unit: 'per second', values: [after.perSecond] },
    ],
    problems: [...warm.problems, ...calm.problems, ...pushed.problems, ...after.problems],
    notes: [`one board in ${DEAF_EVERY} never reads its acks; half of the boards publish at QoS 0`],
    details: samples,
  }
}

/** Whether memory stays bounded and everything acked is stored when more comes than can be taken. */
export const overload: Scenario = { name: 'overload', run }
