import type { Generator } from '../generator.ts'
import { startGenerator } from '../generator.ts'
import type { ClosedResult } from '../jobs.ts'
import type { TargetName } from '../options.ts'
import { openRows, type Rows } from '../rows.ts'
import {
  type Bench,
  createGathered,
  type Gathered,
  type Goal,
  problemsOf,
  rotated,
  type Scenario,
  type ScenarioReport,
  settleRows,
} from '../scenario.ts'
import { startTargets, type Target } from '../targets.ts'

const ROUND_TIMEOUT_MS = 120_000
const MAX_WARMUP_MESSAGES = 100_000
/** Lets a broker finish what a round left behind (closed sockets, garbage) before another one is measured. */
const PAUSE_MS = 500

export interface ThroughputOptions {
  readonly name: 'qos1' | 'many'
  readonly boards: number
  readonly window: number
  readonly goals: { readonly acks: Goal; readonly durable: Goal }
}

interface Contestant {
  readonly target: Target
  readonly rows: Rows | undefined
}

interface Turn {
  readonly result: ClosedResult
  readonly messages: number
  readonly storedAt: number | undefined
  readonly problems: readonly string[]
}

/** One target's turn: all messages acked and, where they become rows, all rows there and checked. */
const takeTurn = async (
  generator: Generator,
  { target, rows }: Contestant,
  load: { boards: number; window: number; messagesPerBoard: number; boot: string },
): Promise<Turn> => {
  const base = rows === undefined ? 0 : await rows.cursor()
  const job = { kind: 'closed', address: target.address, ...load } as const
  const result = await generator.run<'closed'>(job, ROUND_TIMEOUT_MS)
  const settled = rows && (await settleRows(rows, { base, boot: load.boot, acked: result.acked }))
  return {
    result,
    messages: load.boards * load.messagesPerBoard,
    storedAt: settled?.storedAt,
    problems: problemsOf(target.name, result, settled?.check),
  }
}

const gather = (gathered: Gathered, name: TargetName, { result, messages, storedAt }: Turn): void => {
  gathered.add(`${name} acks`, (messages / (result.endedAt - result.startedAt)) * 1000)
  if (storedAt !== undefined) {
    gathered.add(`${name} rows`, (messages / (storedAt - result.startedAt)) * 1000)
  }
  gathered.add(`generator on ${name}`, result.generatorCpu)
}

const linesOf = (
  gathered: Gathered,
  contestants: readonly Contestant[],
  goals: ThroughputOptions['goals'],
) => [
  ...contestants.map(({ target }) => gathered.line(`${target.name} acks`, 'per second')),
  gathered.line('sluice rows', 'per second'),
  gathered.ratio('sluice acks ÷ aedes acks', ['sluice acks', 'aedes acks'], goals.acks),
  gathered.ratio('sluice rows ÷ aedes acks', ['sluice rows', 'aedes acks'], goals.durable),
  gathered.ratio('sluice acks ÷ mosquitto acks', ['sluice acks', 'mosquitto acks']),
  gathered.ratio('mosquitto acks ÷ aedes acks', ['mosquitto acks', 'aedes acks']),
  ...contestants.map(({ target }) => gathered.line(`generator on ${target.name}`, 'cores')),
]

const run = async (bench: Bench, options: ThroughputOptions): Promise<ScenarioReport> => {
  const { boards, window } = options
  const generator = await startGenerator(bench.cleanup)
  const contestants: Contestant[] = []
  for (const target of await startTargets(bench)) {
    const rows = target.databaseUrl === undefined ? undefined : await openRows(target.databaseUrl)
    if (rows !== undefined) bench.cleanup.add(rows.close)
    contestants.push({ target, rows })
  }
  const gathered = createGathered()
  const problems: string[] = []
  const perBoard = Math.max(1, Math.floor(bench.options.messages / boards))
  const warmup = Math.min(perBoard, Math.ceil(MAX_WARMUP_MESSAGES / boards))

  for (let round = 0; round <= bench.options.rounds; round++) {
    for (const contestant of rotated(contestants, round)) {
      const messagesPerBoard = round === 0 ? warmup : perBoard
      const load = { boards, window, messagesPerBoard, boot: bench.nextBoot() }
      const turn = await takeTurn(generator, contestant, load)
      problems.push(...turn.problems)
      if (round > 0) gather(gathered, contestant.target.name, turn)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
    bench.log(round === 0 ? 'warmed up' : `round ${round} of ${bench.options.rounds}`)
  }
  const title = `QoS 1, ${boards} boards × window ${window}, ${perBoard * boards} messages a round`
  return { title, lines: linesOf(gathered, contestants, options.goals), problems, notes: [] }
}

/** How many QoS 1 messages a second are acked, and become rows, when every board keeps its window full. */
export const createThroughput = (options: ThroughputOptions): Scenario => ({
  name: options.name,
  run: (bench) => run(bench, options),
})
