/**
 * What making minutes and hours costs the durable rate: stretches of full load with and without the rollups, in turn.
 * With them they make what came in the stretch before, too, so the price of as many rows as came in is a part of it.
 */
import { Client } from 'pg'
import { ROLLUPS_LOCK } from '../../../bridge/stores/rollup-session.ts'
import { type Generator, startGenerator } from '../generator.ts'
import { monotonicMs } from '../jobs.ts'
import { openRows, type Rows } from '../rows.ts'
import { type Bench, createGathered, type Scenario, type ScenarioReport } from '../scenario.ts'
import { startSluice, type Target } from '../targets.ts'

const BOARDS = 50
const WINDOW = 20
const STRETCH_MS = 35_000
const TURN_TIMEOUT_MS = 120_000
/** Of the durable rate, with as many rows made as came in. */
const GOAL = { atLeast: 0.9 }

interface Stage {
  readonly bench: Bench
  readonly generator: Generator
  readonly target: Target
  readonly rows: Rows
}

const END_OWNER = `
  SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
  WHERE locktype = 'advisory' AND ((classid::bigint << 32) | objid::bigint) = $1 AND granted AND pid <> $2`
const MADE = `
  SELECT count(*)::float8 AS rows FROM sensor_data, rollup_state WHERE ts < minute_to`

/** Takes the rollups' lock away from Sluice, and gives it back. */
const createSwitch = async (url: string) => {
  const client = new Client({ connectionString: url, application_name: 'bench' })
  client.on('error', () => {})
  await client.connect()
  const [own] = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows
  return {
    off: async (): Promise<void> => {
      const taken = client.query('SELECT pg_advisory_lock($1)', [ROLLUPS_LOCK])
      const other = new Client({ connectionString: url, application_name: 'bench' })
      await other.connect()
      await other.query(END_OWNER, [ROLLUPS_LOCK, own?.pid]).finally(() => other.end())
      await taken
    },
    on: async (): Promise<void> => {
      await client.query('SELECT pg_advisory_unlock($1)', [ROLLUPS_LOCK])
    },
    /** How many rows are in minutes that are made. */
    made: async (): Promise<number> => Number((await client.query(MADE)).rows[0].rows),
    end: () => client.end(),
  }
}

/** Full load for a while, in turns of so many messages; rows a second, and how many. */
const stretch = async ({ bench, generator, target, rows }: Stage, forMs = STRETCH_MS) => {
  const messagesPerBoard = Math.max(1, Math.floor(bench.options.messages / BOARDS))
  const started = monotonicMs()
  let busyMs = 0
  let stored = 0
  while (monotonicMs() - started < forMs) {
    const base = await rows.cursor()
    const load = { boards: BOARDS, window: WINDOW, messagesPerBoard, boot: bench.nextBoot() }
    const result = await generator.run<'closed'>(
      { kind: 'closed', address: target.address, ...load },
      TURN_TIMEOUT_MS,
    )
    const { reached, movedAt } = await rows.waitForCursor(base + BOARDS * messagesPerBoard)
    if (!reached) throw new Error('rows are missing')
    busyMs += movedAt - result.startedAt
    stored += BOARDS * messagesPerBoard
  }
  return { perSecond: (stored / busyMs) * 1000, stored }
}

const run = async (bench: Bench): Promise<ScenarioReport> => {
  const { cleanup, options } = bench
  const generator = await startGenerator(cleanup)
  const target = await startSluice(cleanup, options.tempDir, { redisUrl: options.redisUrl })
  const url = target.databaseUrl ?? ''
  const rows = await openRows(url)
  cleanup.add(rows.close)
  const rollups = await createSwitch(url)
  cleanup.add(rollups.end)
  const stage = { bench, generator, target, rows }
  const gathered = createGathered()

  await rollups.off()
  await stretch(stage, 1)
  let madeBefore = await rollups.made()
  for (let round = 1; round <= options.rounds; round++) {
    gathered.add('without rollups', (await stretch(stage)).perSecond)
    await rollups.on()
    const { perSecond, stored } = await stretch(stage)
    await rollups.off()
    const made = await rollups.made()
    gathered.add('with rollups', perSecond)
    gathered.add('rows made ÷ rows stored', (made - madeBefore) / stored)
    madeBefore = made
    bench.log(`round ${round} of ${options.rounds}`)
  }
  const share = gathered.values('rows made ÷ rows stored')
  gathered.ratio('with ÷ without', ['with rollups', 'without rollups']).values.forEach((ratio, i) => {
    gathered.add('with ÷ without, for one row made a row stored', 1 - (1 - ratio) / (share[i] ?? 1))
  })
  return {
    title: `QoS 1, ${BOARDS} boards × window ${WINDOW}, ${STRETCH_MS / 1000} s each`,
    lines: [
      gathered.line('without rollups', 'per second'),
      gathered.line('with rollups', 'per second'),
      gathered.line('rows made ÷ rows stored', 'ratio'),
      gathered.ratio('with ÷ without', ['with rollups', 'without rollups']),
      gathered.line('with ÷ without, for one row made a row stored', 'ratio', GOAL),
    ],
    problems: [],
    notes: ['rows made: readings whose minutes were made in the stretch, those of the one before among them'],
  }
}

export const rollups: Scenario = { name: 'rollups', run }
