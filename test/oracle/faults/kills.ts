import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { ended, healed } from './proof.ts'
import { kill } from './sluice-ends.ts'

export const KILLS: readonly Fault[] = [
  {
    name: 'kill-9',
    kind: 'kill',
    lastsMs: 3_000,
    mayLose: false,
    run: async (world, random) => {
      await delay(random.whole(0, 300))
      await kill(world)
      await delay(random.whole(0, 1_000))
      await world.sluice.start()
      await healed(world)
    },
  },
  {
    name: 'kill-9-twice',
    kind: 'kill',
    lastsMs: 5_000,
    mayLose: false,
    run: async (world, random) => {
      await kill(world)
      const starting = world.sluice.start().catch(() => {}) // it may die before it listens
      await delay(random.whole(0, 1_500))
      await kill(world)
      await starting
      await world.sluice.start()
      await healed(world)
    },
  },
  {
    name: 'kill-9-in-stop',
    kind: 'kill',
    lastsMs: 4_000,
    mayLose: false,
    run: async (world, random) => {
      world.sluice.signal('SIGTERM')
      await delay(random.whole(0, 400))
      world.sluice.signal('SIGKILL')
      await ended(world)
      await world.sluice.start()
      await healed(world)
    },
  },
]
