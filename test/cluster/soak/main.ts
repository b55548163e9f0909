/**
 * `npm run soak:cluster`: plays rounds of faults against three nodes behind HAProxy and prints a table. Ends with 1 when
 * any of them failed. The files of a failed round and the figures as JSON are kept in bench-results/, which git ignores.
 */
import { randomInt } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inspect } from 'node:util'
import { type Cleanup, createCleanup } from '../../bench/cleanup.ts'
import { exitOnSignal } from '../../oracle/soak/exit-on-signal.ts'
import {
  failureLines,
  hasFailed,
  lineOf,
  type Played,
  type SoakRun,
  tableOf,
} from '../../oracle/soak/report.ts'
import { seedsFrom } from '../../oracle/soak/soak.ts'
import { CLUSTER_FAULTS } from './faults.ts'
import { createClusterWorld } from './make-world.ts'
import { type ClusterSoakOptions, parseClusterSoakOptions, usageOf } from './options.ts'
import { playRound, type RoundOptions } from './play-round.ts'

const RESULTS_FOLDER = 'bench-results'
const COMMAND = 'npm run soak:cluster -- --rounds'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const complain = (line: string): void => void process.stderr.write(`${line}\n`)

/** Worlds that are taken apart also when the soak is interrupted. One Postgres serves them all, one after the other. */
const worldsOf = async (cleanup: Cleanup): Promise<RoundOptions['createWorld']> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cluster-soak-'))
  cleanup.add(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return async () => {
    const world = await createClusterWorld({ postgresFolder: join(folder, 'postgres') })
    return { ...world, close: cleanup.add(world.close) }
  }
}

const playOne = async (options: RoundOptions): Promise<Played> => {
  const { seed } = options
  try {
    return { seed, outcome: await playRound(options) }
  } catch (error) {
    return { seed, crash: inspect(error) }
  }
}

const playAll = async (options: ClusterSoakOptions, cleanup: Cleanup, keepIn: string): Promise<SoakRun> => {
  const { faults, lengthMs, narrowed, rounds } = options
  const createWorld = await worldsOf(cleanup)
  const begin = performance.now()
  const firstSeed = options.seed ?? randomInt(2 ** 32)
  const played: Played[] = []
  for (const seed of seedsFrom(firstSeed)) {
    if (cleanup.closed || played.length >= rounds) break
    const one = await playOne({ seed, lengthMs, faults, createWorld, say, keepIn })
    if (cleanup.closed) break // it was interrupted: what came of it says nothing
    played.push(one)
    for (const line of [lineOf(one), ...failureLines(one, narrowed, COMMAND)]) say(line)
  }
  const seconds = (performance.now() - begin) / 1000
  return { firstSeed, seconds, command: COMMAND, narrowed, faults, played }
}

const run = async (options: ClusterSoakOptions): Promise<number> => {
  const cleanup = createCleanup()
  exitOnSignal(cleanup, complain)
  const startedAt = new Date()
  const name = `soak-cluster-${startedAt.toISOString().replaceAll(':', '-')}`
  try {
    const result = await playAll(options, cleanup, resolve(RESULTS_FOLDER, name))
    say(tableOf(result))
    const file = join(RESULTS_FOLDER, `${name}.json`)
    await mkdir(RESULTS_FOLDER, { recursive: true })
    await writeFile(file, `${JSON.stringify({ startedAt, ...result }, undefined, 2)}\n`)
    say(`\nwritten to ${file}`)
    return result.played.some(hasFailed) ? 1 : 0
  } finally {
    await cleanup.all()
  }
}

const main = async (): Promise<number> => {
  try {
    const options = parseClusterSoakOptions(process.argv.slice(2), CLUSTER_FAULTS)
    if (options !== undefined) return await run(options)
    say(usageOf(CLUSTER_FAULTS))
    return 0
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error))
    return 1
  }
}

// Not by `process.exitCode`: node has been seen to close the handles of hundreds of dead sockets for ever.
process.exit(await main())
