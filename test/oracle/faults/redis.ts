import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { degraded, healed } from './proof.ts'

const away = (name: string, [lowMs, highMs]: readonly [number, number]): Fault => ({
  name,
  kind: 'redis',
  lastsMs: highMs + 2_000,
  mayLose: false,
  run: async (world, random) => {
    await world.redis.kill()
    const over = delay(random.whole(lowMs, highMs))
    await degraded(world, 'redis')
    await over
    await world.redis.start()
    await healed(world)
  },
})

/** It comes back empty: what Sluice has acked must not depend on it. */
export const REDIS: readonly Fault[] = [
  away('redis-kill', [1_000, 3_000]),
  away('redis-away-5s', [5_000, 5_000]),
]
