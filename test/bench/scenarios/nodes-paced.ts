/** What a reading costs Redis and the nodes when many boards send one now and then: then every one is a new latest value. */
import { coresBetween, MACHINE, sampleCpu } from '../cpu.ts'
import type { Generator } from '../generator.ts'
import type { NodeStage } from '../node-stage.ts'
import { callsBetween, type RedisUsage } from '../redis-usage.ts'
import type { Rows } from '../rows.ts'
import { type Bench, createGathered, type Line, problemsOf } from '../scenario.ts'
import type { Target } from '../targets.ts'

const BOARDS = 2_000
/** Of all boards together: one of each board. */
const MESSAGES_PER_SECOND = 2_000
/** Connecting, and the last acks. */
const EXTRA_MS = 60_000
const SETTLE_MS = 1_500

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Calls of scripts' inner commands are told apart from what clients sent: those are the round trips. */
const SCRIPTS = ['eval', 'evalsha']

export interface Paced {
  readonly stage: NodeStage
  readonly where: string
  readonly targets: readonly Target[]
  readonly store: Rows
}

/** Boards at a calm pace: calls and cores between two looks while they publish. */
export const paceNodes = async (
  bench: Bench,
  generator: Generator,
  { stage, where, targets, store }: Paced,
): Promise<{ readonly lines: readonly Line[]; readonly problems: readonly string[] }> => {
  const seconds = bench.options.seconds
  const [address, ...others] = targets.map((node) => node.address)
  if (address === undefined) throw new Error('no node to publish to')
  const name = `${where}, ${BOARDS} boards, one a second each`
  const gathered = createGathered()
  const watch = async (): Promise<void> => {
    await pause(SETTLE_MS)
    const rowsBefore = await store.cursor()
    const before = await stage.redis.usage()
    const cpuBefore = await sampleCpu(stage.processes)
    await pause(seconds * 1000)
    const cores = coresBetween(cpuBefore, await sampleCpu(stage.processes))
    const after: RedisUsage = await stage.redis.usage()
    const readings = (await store.cursor()) - rowsBefore
    for (const [process, value] of cores) gathered.add(process, value)
    gathered.add('Redis messages a reading', callsBetween(before, after, ['publish']) / readings)
    gathered.add('Redis scripts a reading', callsBetween(before, after, SCRIPTS) / readings)
    gathered.add('Redis commands a reading', callsBetween(before, after) / readings)
    gathered.add('rows', readings / seconds)
  }
  const load = { address, others, boards: BOARDS, boot: bench.nextBoot() }
  const pace = { messagesPerSecond: MESSAGES_PER_SECOND, seconds: seconds * 2 + 20, warmupSeconds: 0 }
  const [, result] = await generator.publishDuring({ kind: 'open', ...load, ...pace }, watch, EXTRA_MS)
  const line = (figure: string, unit: Line['unit']): Line => ({
    ...gathered.line(figure, unit),
    label: `${name}: ${figure}`,
  })
  return {
    lines: [
      line('rows', 'per second'),
      ...[...stage.processes.keys(), MACHINE].map((process) => line(process, 'cores')),
      ...['Redis messages a reading', 'Redis scripts a reading', 'Redis commands a reading'].map((figure) =>
        line(figure, 'ratio'),
      ),
    ],
    problems: problemsOf(name, result),
  }
}
