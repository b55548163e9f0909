/**
 * Behind a Mosquitto on the same machine: how many QoS 1 messages a second go from boards to Mosquitto, to the bridge, into
 * the spool and, acked by then, into Postgres. Mosquitto acks the boards by itself, so what counts is when the last row
 * is there.
 */
import { type Generator, startGenerator } from '../generator.ts'
import { openRows, type Rows } from '../rows.ts'
import {
  type Bench,
  createGathered,
  problemsOf,
  type Scenario,
  type ScenarioReport,
  settleRows,
} from '../scenario.ts'
import { startMosquitto, startSluice, type Target } from '../targets.ts'

const BOARDS = 50
const WINDOW = 20
const ROUND_TIMEOUT_MS = 120_000
const PAUSE_MS = 500
const GOAL = { atLeast: 20_000 }

interface Stage {
  readonly generator: Generator
  readonly mosquitto: Target
  readonly rows: Rows
}

/** Undefined where Mosquitto is not installed. */
const prepare = async ({ cleanup, options }: Bench): Promise<Stage | undefined> => {
  const generator = await startGenerator(cleanup)
  const mosquitto = await startMosquitto(cleanup, options.tempDir)
  if (mosquitto === undefined) return undefined
  const { host, port } = mosquitto.address
  const sluice = await startSluice(cleanup, options.tempDir, {
    redisUrl: options.redisUrl,
    brokerUrl: `mqtt://${host}:${port}`,
  })
  const rows = await openRows(sluice.databaseUrl ?? '')
  cleanup.add(rows.close)
  return { generator, mosquitto, rows }
}

const run = async (bench: Bench): Promise<ScenarioReport> => {
  const stage = await prepare(bench)
  if (stage === undefined) {
    const notes = ['mosquitto is not installed: left out']
    return { title: 'QoS 1 through Mosquitto', lines: [], problems: [], notes }
  }
  const { generator, mosquitto, rows } = stage
  const gathered = createGathered()
  const problems: string[] = []
  const messagesPerBoard = Math.max(1, Math.floor(bench.options.messages / BOARDS))
  const messages = messagesPerBoard * BOARDS

  for (let round = 0; round <= bench.options.rounds; round++) {
    const boot = bench.nextBoot()
    const base = await rows.cursor()
    const load = { boards: BOARDS, window: WINDOW, messagesPerBoard, boot }
    const job = { kind: 'closed', address: mosquitto.address, ...load } as const
    const result = await generator.run<'closed'>(job, ROUND_TIMEOUT_MS)
    const { storedAt, check } = await settleRows(rows, { base, boot, acked: result.acked })
    problems.push(...problemsOf('sluice behind mosquitto', result, check))
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    if (round === 0) continue
    gathered.add('mosquitto acks', (messages / (result.endedAt - result.startedAt)) * 1000)
    gathered.add('rows', (messages / (storedAt - result.startedAt)) * 1000)
    gathered.add('rows after the last ack', storedAt - result.endedAt)
    bench.log(`round ${round} of ${bench.options.rounds}`)
  }
  return {
    title: `QoS 1 through Mosquitto, ${BOARDS} boards × window ${WINDOW}, ${messages} messages a round`,
    lines: [
      gathered.line('mosquitto acks', 'per second'),
      gathered.line('rows', 'per second', GOAL),
      gathered.line('rows after the last ack', 'ms'),
    ],
    problems,
    notes: [
      '"mosquitto acks" promises nothing of Sluice: the bridge acks Mosquitto after its fsync, and what waits in between is with Mosquitto',
    ],
  }
}

export const mosquitto: Scenario = { name: 'mosquitto', run }
