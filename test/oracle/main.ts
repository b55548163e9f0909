/**
 * `npm run soak`: plays fault schedules and prints a table. Ends with 1 when any of them failed. The files of a
 * failed schedule and the figures as JSON are kept in bench-results/, which git ignores.
 */
import { randomInt } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Cleanup, createCleanup } from '../bench/cleanup.ts'
import { describeMachine } from '../bench/report.ts'
import { FAULTS } from './faults/index.ts'
import { createWorld } from './make-world.ts'
import type { RunOptions } from './run-schedule.ts'
import { exitOnSignal } from './soak/exit-on-signal.ts'
import { parseSoakOptions, type SoakOptions, USAGE } from './soak/options.ts'
import { faultCounts, hasFailed, tableOf } from './soak/report.ts'
import { soak } from './soak/soak.ts'

const RESULTS_FOLDER = 'bench-results'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const complain = (line: string): void => void process.stderr.write(`${line}\n`)

/** Worlds that are taken apart also when the soak is interrupted. One cluster serves them all, one after the other. */
const worldsOf = async (cleanup: Cleanup): Promise<RunOptions['createWorld']> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-soak-'))
  cleanup.add(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return async (options) => {
    const world = await createWorld({ ...options, clusterFolder: join(folder, 'cluster') })
    return { ...world, close: cleanup.add(world.close) }
  }
}

const run = async (options: SoakOptions): Promise<number> => {
  const cleanup = createCleanup()
  exitOnSignal(cleanup, complain)
  const startedAt = new Date()
  const name = `soak-${startedAt.toISOString().replaceAll(':', '-')}`
  try {
    const deps = {
      say,
      createWorld: await worldsOf(cleanup),
      keepIn: resolve(RESULTS_FOLDER, name),
      chance: () => randomInt(2 ** 32),
      clock: () => performance.now(),
    }
    const result = await soak(deps, options, () => cleanup.closed)
    say(tableOf(result))
    const file = join(RESULTS_FOLDER, `${name}.json`)
    const machine = await describeMachine(tmpdir())
    const faults = Object.fromEntries(faultCounts(result))
    await mkdir(RESULTS_FOLDER, { recursive: true })
    await writeFile(file, `${JSON.stringify({ startedAt, machine, ...result, faults }, undefined, 2)}\n`)
    say(`\nwritten to ${file}`)
    return result.played.some(hasFailed) ? 1 : 0
  } finally {
    await cleanup.all()
  }
}

const main = async (): Promise<number> => {
  try {
    const options = parseSoakOptions(process.argv.slice(2), FAULTS)
    if (options !== undefined) return await run(options)
    say(USAGE)
    return 0
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error))
    return 1
  }
}

// Not by `process.exitCode`: node has been seen to close the handles of hundreds of dead sockets for ever.
process.exit(await main())
