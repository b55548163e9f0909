import type { Fault } from '../fault.ts'
import { FAIL_POINTS, type FailPointName } from '../world.ts'
import { healed, seen } from './proof.ts'
import { killOrTerminate } from './sluice-ends.ts'

/** How often Sluice comes by in a second or two of traffic: groups are many, batches few, trims fewer. */
const MOST_TIMES: Readonly<Record<FailPointName, number>> = {
  'before-fsync': 60,
  'after-fsync': 60,
  'in-copy': 8,
  'before-commit': 8,
  'after-commit': 8,
  'before-trim': 2,
}

const killAt = (name: FailPointName): Fault => ({
  name: `kill-at-${name}`,
  kind: 'fail-point',
  lastsMs: 7_000,
  mayLose: false,
  run: async (world, random) => {
    await killOrTerminate(world, random)
    const before = world.sluice.ends.length
    await world.sluice.start({ name, after: random.whole(1, MOST_TIMES[name]) })
    await seen(`Sluice dies at ${name}`, () => world.sluice.ends.length > before, 40_000)
    const end = world.sluice.ends[before]
    if (end?.signal !== 'SIGKILL') throw new Error(`not at ${name}, but so: ${JSON.stringify(end)}`)
    await world.sluice.start() // it has begun by itself; this tells whether it went well
    await healed(world)
  },
})

/** A death at each of the points, of the first time or of a later one. */
export const FAIL_POINT_KILLS: readonly Fault[] = FAIL_POINTS.map(killAt)
