/** Schedule after schedule, each with a seed of its own that follows from the first. */
import { inspect } from 'node:util'
import { createRandom } from '../random.ts'
import { type RunOptions, runSchedule } from '../run-schedule.ts'
import { lengthOf } from '../schedule.ts'
import type { SoakOptions } from './options.ts'
import { failureLines, hasFailed, lineOf, type Played, type SoakRun } from './report.ts'

export interface SoakDeps extends Pick<RunOptions, 'createWorld' | 'keepIn'> {
  readonly say: (line: string) => void
  /** When no seed was given. */
  readonly chance: () => number
  /** Milliseconds. */
  readonly clock: () => number
}

/** The seeds of a soak: the first as given, so that the seed of any schedule can be given to play it first. */
export const seedsFrom = function* (first: number): Generator<number, never> {
  const random = createRandom(first)
  yield first
  for (;;) yield random.whole(0, 0xffffffff)
}

/** Plays until the time or the number is up. `stopped` is asked before each schedule. */
export const soak = async (
  deps: SoakDeps,
  options: SoakOptions,
  stopped: () => boolean = () => false,
): Promise<SoakRun> => {
  const { say, clock } = deps
  const { faults, narrowed, quiet } = options
  const begin = clock()
  const firstSeed = options.seed ?? deps.chance()
  const played: Played[] = []
  const isOver = (): boolean =>
    stopped() ||
    (options.schedules !== null && played.length >= options.schedules) ||
    (options.minutes !== null && clock() - begin >= options.minutes * 60_000)
  const playOne = async (seed: number): Promise<Played> => {
    try {
      const lengthMs = options.lengthMs ?? lengthOf(seed, faults)
      const detail = quiet ? {} : { say }
      return { seed, outcome: await runSchedule({ ...deps, ...detail, seed, lengthMs, faults }) }
    } catch (error) {
      return { seed, crash: inspect(error) }
    }
  }
  for (const seed of seedsFrom(firstSeed)) {
    if (isOver()) break
    const one = await playOne(seed)
    if (stopped()) break // it was interrupted: what came of it says nothing
    played.push(one)
    if (!quiet || hasFailed(one)) for (const line of [lineOf(one), ...failureLines(one, narrowed)]) say(line)
  }
  return { firstSeed, seconds: (clock() - begin) / 1000, narrowed, faults, played }
}
