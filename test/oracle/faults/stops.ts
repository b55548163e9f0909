import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { healed } from './proof.ts'
import { kill, terminate } from './sluice-ends.ts'

export const STOPS: readonly Fault[] = [
  {
    name: 'sigterm',
    kind: 'stop',
    lastsMs: 4_000,
    mayLose: false,
    run: async (world, random) => {
      await delay(random.whole(0, 300))
      await terminate(world)
      await delay(random.whole(0, 500))
      await world.sluice.start()
      await healed(world)
    },
  },
  {
    name: 'sigterm-without-postgres',
    kind: 'stop',
    lastsMs: 7_000,
    mayLose: false,
    run: async (world, random) => {
      await world.postgres.stop(random.pick(['fast', 'immediate']))
      await delay(random.whole(0, 1_500))
      await terminate(world)
      const first = random.pick([world.sluice, world.postgres])
      await first.start()
      await (first === world.sluice ? world.postgres : world.sluice).start()
      await healed(world)
    },
  },
  {
    name: 'kill-9-without-postgres',
    kind: 'kill',
    lastsMs: 7_000,
    mayLose: false,
    run: async (world, random) => {
      await world.postgres.stop(random.pick(['fast', 'immediate']))
      await delay(random.whole(200, 1_500))
      await kill(world)
      await world.sluice.start()
      await delay(random.whole(0, 1_500))
      await world.postgres.start()
      await healed(world)
    },
  },
]
