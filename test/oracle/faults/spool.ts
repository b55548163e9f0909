import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { damage } from './damage.ts'
import { healed, healthOf, seen } from './proof.ts'
import { killOrTerminate } from './sluice-ends.ts'

/** About what is acked in two seconds. */
const FEW_ROWS = 1_000

export const SPOOL: readonly Fault[] = [
  {
    name: 'spool-damaged-while-down',
    kind: 'spool',
    lastsMs: 8_000,
    mayLose: true,
    run: async (world, random, stake) => {
      // So that hardly anything older is at stake than what is acked from here on.
      await seen('hardly a row waits in the spool', async () => {
        return Number((await healthOf(world)).parts.spool?.waitingRows) < FEW_ROWS
      })
      stake.begins()
      await world.postgres.stop('fast')
      await seen('rows wait in the spool', async () => {
        return Number((await healthOf(world)).parts.spool?.waitingRows) > 0
      })
      await delay(random.whole(0, 2_000))
      await killOrTerminate(world, random)
      stake.ends()
      world.note(`spool damaged: ${await damage(join(world.dataDir, 'spool'), random)}`)
      await world.sluice.start()
      await world.postgres.start()
      await healed(world)
    },
  },
]
