/** `npm run hostile`: attacks a Sluice of its own and prints a table. Ends with 1 when something did not hold. */
import { randomInt } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { constants, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cleanup, createCleanup } from '../bench/cleanup.ts'
import { describeMachine } from '../bench/report.ts'
import { forkFleet } from './boards/process.ts'
import { type HostileOptions, parseHostileOptions, USAGE } from './options.ts'
import { play } from './play.ts'
import { tableOf } from './report.ts'
import { createHostileWorld } from './world.ts'

const RESULTS_FOLDER = 'bench-results'
const BOARDS = 11
const EVERY_MS = 100
const CALM_MS = 8_000
const CONNECT_TIMEOUT_MS = 5_000

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const complain = (line: string): void => void process.stderr.write(`${line}\n`)

/** The first signal takes everything apart; a second one does not wait for it. */
const exitOnSignal = (cleanup: Cleanup): void => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (cleanup.closed) process.exit(130)
      complain(`\n${signal}: stopping what was started`)
      void cleanup.all().finally(() => process.exit(130))
    })
  }
}

const run = async ({ attacks, scale, seed }: HostileOptions): Promise<number> => {
  const cleanup = createCleanup()
  exitOnSignal(cleanup)
  const startedAt = new Date()
  try {
    const world = await createHostileWorld({
      settings: {},
      boards: BOARDS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    })
    cleanup.add(world.close)
    const startFleet: Parameters<typeof play>[0]['startFleet'] = async (options) => {
      const fleet = await forkFleet(options)
      cleanup.add(fleet.close)
      // Strangers have machines of their own: what they take of this one is not to be taken from Sluice and the boards.
      setPriority(constants.priority.PRIORITY_LOW)
      return fleet
    }
    const options = {
      attacks,
      scale,
      seed: seed ?? randomInt(2 ** 32),
      calmMs: CALM_MS,
      everyMs: EVERY_MS,
      say,
    }
    const outcome = await play({ world, startFleet }, options)
    say(tableOf(outcome))
    const file = join(RESULTS_FOLDER, `hostile-${startedAt.toISOString().replaceAll(':', '-')}.json`)
    await mkdir(RESULTS_FOLDER, { recursive: true })
    const machine = await describeMachine(tmpdir())
    await writeFile(file, `${JSON.stringify({ startedAt, machine, scale, ...outcome }, undefined, 2)}\n`)
    say(`\nwritten to ${file}`)
    return outcome.problems.length === 0 ? 0 : 1
  } finally {
    await cleanup.all()
  }
}

const main = async (): Promise<number> => {
  try {
    const options = parseHostileOptions(process.argv.slice(2))
    if (options !== undefined) return await run(options)
    say(USAGE)
    return 0
  } catch (error) {
    complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return 1
  }
}

// Not by `process.exitCode`: thousands of dead sockets may still be on their way out.
process.exit(await main())
