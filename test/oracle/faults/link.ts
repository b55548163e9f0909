import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import type { World } from '../world.ts'
import { copiesOf, degraded, healed, seen, sessionsOf } from './proof.ts'

/** Spoils the link, does the rest, and heals it whatever comes. */
const spoiled = async (world: World, spoil: () => void, rest: () => Promise<void>): Promise<void> => {
  spoil()
  try {
    await rest()
  } finally {
    world.proxy.heal()
  }
  await healed(world)
}

export const LINK: readonly Fault[] = [
  {
    name: 'link-cut',
    kind: 'link',
    lastsMs: 4_000,
    mayLose: false,
    run: (world, random) =>
      spoiled(world, world.proxy.cut, async () => {
        await seen('no session of Sluice is left in Postgres', async () => (await sessionsOf(world)) === 0)
        await delay(random.whole(0, 3_000))
      }),
  },
  {
    name: 'link-freeze',
    kind: 'link',
    lastsMs: 9_000,
    mayLose: false,
    run: (world, random) =>
      spoiled(world, world.proxy.freeze, async () => {
        const over = delay(random.whole(2_000, 8_000))
        await degraded(world, 'database')
        await over
      }),
  },
  {
    // What was sent into the frozen link never arrives: the fate of the last batch is unknown.
    name: 'link-freeze-cut',
    kind: 'link',
    lastsMs: 6_000,
    mayLose: false,
    run: (world, random) =>
      spoiled(world, world.proxy.freeze, async () => {
        await degraded(world, 'database')
        await delay(random.whole(0, 1_000))
        world.proxy.cut()
        await delay(random.whole(0, 1_000))
      }),
  },
  {
    name: 'link-slow',
    kind: 'link',
    lastsMs: 6_000,
    mayLose: false,
    run: (world, random) =>
      spoiled(
        world,
        () => world.proxy.slow(random.whole(2, 32) * 1024),
        async () => {
          const over = delay(random.whole(2_000, 5_000))
          await seen('a COPY of Sluice is under way', async () => (await copiesOf(world)).length > 0)
          await over
        },
      ),
  },
]
