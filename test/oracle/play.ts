/** The schedule, played. */
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { Stake } from './fault.ts'
import { createRandom } from './random.ts'
import { CALM_MS, type Schedule } from './schedule.ts'
import type { PlayedFault } from './timeline.ts'
import type { World } from './world.ts'

const createStake = (clock: () => number) => {
  let fromMs: number | undefined
  let toMs: number | undefined
  const moments: Stake = {
    begins: () => {
      fromMs = clock()
    },
    ends: () => {
      toMs = clock()
    },
  }
  const stake = () => (fromMs === undefined || toMs === undefined ? null : { fromMs, toMs })
  return { stake, moments }
}

/** Plays the steps one after the other, and stops at the first that does not heal. */
export const play = async <W>(
  world: W,
  schedule: Schedule<W>,
  { clock, played, say }: { clock: () => number; played: PlayedFault[]; say: (line: string) => void },
): Promise<void> => {
  for (const { calmMs, fault, seed } of schedule.steps) {
    await delay(calmMs)
    const { name, kind, mayLose } = fault
    const begun = { name, kind, mayLose, fromMs: clock(), toMs: null, stake: null, error: null }
    const index = played.push(begun) - 1
    say(`  ${(begun.fromMs / 1000).toFixed(1)} s ${name}`)
    const { stake, moments } = createStake(clock)
    try {
      await fault.run(world, createRandom(seed), moments)
      played[index] = { ...begun, toMs: clock(), stake: stake() }
    } catch (error) {
      played[index] = { ...begun, toMs: clock(), stake: stake(), error: inspect(error) }
      return
    }
  }
  await delay(CALM_MS.most) // boards go on for a while after the last one
}

/** After a fault that did not heal: everything that can be mended is, so that the verdict has something to look at. */
export const mend = async (world: World): Promise<void> => {
  const steps: readonly (() => unknown)[] = [
    () => world.proxy.heal(),
    () => world.postgres.thaw(),
    () => world.postgres.start(),
    () => world.disk.free(),
    () => world.redis.start(),
    () => world.sluice.start(),
  ]
  for (const step of steps) {
    try {
      await step()
    } catch {
      // It may be whole already; what is not shows in the verdict.
    }
  }
}
