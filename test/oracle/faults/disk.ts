import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import type { World } from '../world.ts'
import { degraded, healed } from './proof.ts'
import { kill } from './sluice-ends.ts'

/** Fills the disk until the spool cannot be written, does the rest, and frees it whatever comes. */
const whileFull = async (world: World, rest: () => Promise<void>): Promise<void> => {
  await world.disk.fill()
  try {
    await degraded(world, 'spool')
    await rest()
  } finally {
    await world.disk.free()
  }
}

export const DISK: readonly Fault[] = [
  {
    name: 'disk-full',
    kind: 'disk',
    lastsMs: 7_000,
    mayLose: false,
    run: async (world, random) => {
      await whileFull(world, async () => {
        await delay(random.whole(2_000, 5_000))
      })
      await healed(world)
    },
  },
  {
    name: 'disk-full-kill-9',
    kind: 'disk',
    lastsMs: 6_000,
    mayLose: false,
    run: async (world, random) => {
      await whileFull(world, async () => {
        await delay(random.whole(0, 1_500))
        await kill(world)
      })
      await world.sluice.start()
      await healed(world)
    },
  },
]
