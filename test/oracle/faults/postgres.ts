import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { takeAllConnections } from './connections.ts'
import { copiesOf, degraded, healed, seen } from './proof.ts'

/** A batch of Sluice's takes long enough to be caught in its COPY. */
const SLOW_BYTES_PER_SECOND = 16 * 1024
/** Health is asked of Postgres at most every two seconds: a shorter outage need not show there. */
const SHOWS_AFTER_MS = 5_000

const stopped = (seconds: number): Fault => ({
  name: `postgres-stop-${seconds}s`,
  kind: 'postgres',
  lastsMs: seconds * 1_000 + 4_000,
  mayLose: false,
  run: async (world, random) => {
    await world.postgres.stop(random.pick(['fast', 'immediate']))
    const back = delay(seconds * 1_000)
    if (seconds * 1_000 > SHOWS_AFTER_MS) await degraded(world, 'database')
    await back
    await world.postgres.start()
    await healed(world)
  },
})

const frozen = (name: string, [lowMs, highMs]: readonly [number, number]): Fault => ({
  name,
  kind: 'postgres',
  lastsMs: highMs + 3_000,
  mayLose: false,
  run: async (world, random) => {
    await world.postgres.freeze()
    try {
      const over = delay(random.whole(lowMs, highMs))
      await degraded(world, 'database')
      await over
    } finally {
      await world.postgres.thaw()
    }
    await healed(world)
  },
})

export const POSTGRES: readonly Fault[] = [
  stopped(1),
  stopped(10),
  stopped(60),
  frozen('postgres-freeze', [2_000, 8_000]),
  // Longer than the sink waits for a batch: it gives up one whose fate nobody knows.
  frozen('postgres-freeze-65s', [63_000, 67_000]),
  {
    name: 'postgres-terminate-in-copy',
    kind: 'postgres',
    lastsMs: 4_000,
    mayLose: false,
    run: async (world) => {
      world.proxy.slow(SLOW_BYTES_PER_SECOND)
      try {
        await seen('a session of Sluice ended in its COPY', async () => {
          const pids = await copiesOf(world)
          const { rows } = await world.pool.query<{ done: boolean }>(
            'SELECT pg_terminate_backend(pid, 5000) AS done FROM unnest($1::int[]) AS pid',
            [pids],
          )
          return rows.some(({ done }) => done)
        })
      } finally {
        world.proxy.heal()
      }
      await healed(world)
    },
  },
  {
    name: 'postgres-out-of-connections',
    kind: 'postgres',
    lastsMs: 8_000,
    mayLose: false,
    run: async (world, random) => {
      const giveBack = await takeAllConnections(world)
      try {
        const over = delay(random.whole(2_000, 5_000))
        await degraded(world, 'database')
        await over
      } finally {
        await giveBack()
      }
      await healed(world)
    },
  },
]
