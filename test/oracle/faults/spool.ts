import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { damage } from './damage.ts'
import { healed, healthOf, seen } from './proof.ts'
import { killOrTerminate } from './sluice-ends.ts'

export const SPOOL: readonly Fault[] = [
  {
    name: 'spool-damaged-while-down',
    kind: 'spool',
    lastsMs: 8_000,
    mayLose: true,
    run: async (world, random) => {
      await world.postgres.stop('fast')
      await seen('rows wait in the spool', async () => {
        return Number((await healthOf(world)).parts.spool?.waitingRows) > 0
      })
      await delay(random.whole(0, 2_000))
      await killOrTerminate(world, random)
      world.note(`spool damaged: ${await damage(join(world.dataDir, 'spool'), random)}`)
      await world.sluice.start()
      await world.postgres.start()
      await healed(world)
    },
  },
]
