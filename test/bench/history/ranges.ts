/** Questions about ranges of ten million rows: of the store, and of Sluice over HTTP. */
import type { DeviceId } from '../../../bridge/core/reading.ts'
import { createPostgresHistory } from '../../../bridge/stores/postgres-history.ts'
import { createPostgresPool, PLAN_ONCE } from '../../../bridge/stores/postgres-pool.ts'
import { createPostgresRange, readRange } from '../../../bridge/stores/postgres-range.ts'
import type { Line } from '../scenario.ts'
import { startSluice } from '../targets.ts'
import { createHearer } from './hear-http.ts'
import type { HistoryScenario } from './history-scenario.ts'
import { isMissed, linesOf, timeRuns } from './measure.ts'
import { plansOf } from './plan.ts'
import { NEWEST_GOAL_MS, NEWEST_LABEL, NEWEST_ROWS, pathOf, QUESTIONS, queryOf } from './questions.ts'
import { type HistoryWorld, openHistoryWorld } from './world.ts'

type Bench = Parameters<HistoryScenario>[0]

const askStore = async ({ cleanup, options, log }: Bench, world: HistoryWorld): Promise<readonly Line[]> => {
  const pool = createPostgresPool({ url: world.url })
  const readingPool = createPostgresPool({ url: world.url, settings: PLAN_ONCE })
  const end = cleanup.add(async () => void (await Promise.all([pool.end(), readingPool.end()])))
  const range = createPostgresRange(pool)
  const history = createPostgresHistory(readingPool)
  const lines: Line[] = []
  for (const question of QUESTIONS) {
    const times = await timeRuns(options.runs, (run) => range.read(queryOf(world, question, run)))
    lines.push(...linesOf(`store: ${question.label}`, times, question.goalMs))
    if (!isMissed(times, question.goalMs)) continue
    log(
      `${question.label} misses its goal:\n${await plansOf(world.url, (client) => readRange(client, queryOf(world, question, 1)))}`,
    )
  }
  const newest = (run: number) => history.recent(world.device(run) as DeviceId, NEWEST_ROWS)
  lines.push(...linesOf(`store: ${NEWEST_LABEL}`, await timeRuns(options.runs, newest), NEWEST_GOAL_MS))
  await end()
  return lines
}

const askHttp = async ({ cleanup, options }: Bench, world: HistoryWorld): Promise<readonly Line[]> => {
  const sluice = await startSluice(cleanup, options.tempDir, { databaseUrl: world.url, redisUrl: undefined })
  if (sluice.http === undefined) throw new Error('Sluice speaks no HTTP')
  const { hear, close } = createHearer(sluice.http)
  const lines: Line[] = []
  for (const question of QUESTIONS) {
    const times = await timeRuns(options.runs, (run) => hear(pathOf(queryOf(world, question, run))))
    lines.push(...linesOf(`HTTP: ${question.label}`, times, question.goalMs))
  }
  const newest = (run: number) =>
    hear(`/api/v1/sensor-data?deviceId=${world.device(run)}&limit=${NEWEST_ROWS}`)
  lines.push(...linesOf(`HTTP: ${NEWEST_LABEL}`, await timeRuns(options.runs, newest), NEWEST_GOAL_MS))
  close()
  await sluice.stop()
  return lines
}

export const ranges: HistoryScenario = async (bench) => {
  const world = await openHistoryWorld(bench.cleanup, bench.options, bench.log)
  const lines = [...(await askStore(bench, world)), ...(await askHttp(bench, world))]
  const { rows, devices } = world
  return {
    title: `${rows.toLocaleString('en-US')} rows of ${devices} devices over ${bench.options.days} days`,
    lines,
    problems: [],
    notes: [
      'one question at a time, each about other devices; Postgres, Sluice and the questions share the machine',
    ],
  }
}
