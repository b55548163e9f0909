import { join } from 'node:path'
import { tempFolder } from '../cleanup.ts'
import { type CopyYardstick, createCopyYardstick } from '../copy-yardstick.ts'
import { type Generator, startGenerator } from '../generator.ts'
import { type AckedRange, deviceIdOf } from '../jobs.ts'
import { FIRST_SEQ } from '../mqtt-wire.ts'
import { openRows, type Rows } from '../rows.ts'
import { type Bench, createGathered, type Scenario, type ScenarioReport } from '../scenario.ts'
import { startSluice, type Target } from '../targets.ts'

const BOARDS = 50
const FLOOD_TIMEOUT_MS = 180_000
const GOAL = { atLeast: 0.6 }

interface Flood {
  readonly rowsPerSecond: number
  readonly lost: number
  readonly duplicates: number
}

const flood = async (
  { generator, sluice, rows }: { generator: Generator; sluice: Target; rows: Rows },
  load: { boot: string; messagesPerBoard: number },
): Promise<Flood> => {
  const base = await rows.cursor()
  const job = { kind: 'flood', address: sluice.address, boards: BOARDS, ...load } as const
  const { sent, startedAt } = await generator.run<'flood'>(job, FLOOD_TIMEOUT_MS)
  const { movedAt } = await rows.waitForCursor(base + sent)
  const last = FIRST_SEQ + load.messagesPerBoard - 1
  const all: readonly AckedRange[] = Array.from({ length: BOARDS }, (_, board) => ({
    deviceId: deviceIdOf(board),
    first: FIRST_SEQ,
    last,
  }))
  const check = await rows.check(load.boot, all)
  const rowsPerSecond = ((check.rows - check.duplicates) / (movedAt - startedAt)) * 1000
  return { rowsPerSecond, lost: check.missing, duplicates: check.duplicates }
}

const prepare = async ({ cleanup, options, log }: Bench) => {
  const generator = await startGenerator(cleanup)
  const sluice = await startSluice(cleanup, options.tempDir, { redisUrl: options.redisUrl })
  const url = sluice.databaseUrl ?? ''
  const rows = await openRows(url)
  cleanup.add(rows.close)
  const file = join(await tempFolder(cleanup, options.tempDir), 'rows.copy')
  const yardstick: CopyYardstick = await createCopyYardstick(url, file)
  cleanup.add(yardstick.close)
  log(`compared with ${yardstick.name}`)
  return { generator, sluice, rows, yardstick }
}

const run = async (bench: Bench): Promise<ScenarioReport> => {
  const stage = await prepare(bench)
  const gathered = createGathered()
  const problems: string[] = []
  const messagesPerBoard = Math.max(1, Math.floor(bench.options.messages / BOARDS))

  for (let round = 0; round <= bench.options.rounds; round++) {
    const boot = bench.nextBoot()
    const { rowsPerSecond, lost, duplicates } = await flood(stage, { boot, messagesPerBoard })
    if (duplicates > 0) problems.push(`${duplicates} rows are there more than once`)
    const copied = await stage.yardstick.copy(boot)
    if (round === 0) continue
    gathered.add('sluice rows', rowsPerSecond)
    gathered.add('sluice lost', lost)
    gathered.add('copy rows', (copied.rows / copied.ms) * 1000)
    bench.log(`round ${round} of ${bench.options.rounds}`)
  }
  return {
    title: `QoS 0 until all are rows, ${BOARDS} boards, ${messagesPerBoard * BOARDS} messages a round`,
    lines: [
      gathered.line('sluice rows', 'per second'),
      gathered.line('copy rows', 'per second'),
      gathered.ratio('sluice rows ÷ copy rows', ['sluice rows', 'copy rows'], GOAL),
      gathered.line('sluice lost', 'count'),
    ],
    problems,
    notes: [
      `"copy" is ${stage.yardstick.name} of the same rows into a plain table with the same columns and indexes`,
    ],
  }
}

export const qos0: Scenario = { name: 'qos0', run }
