/** One schedule in one world: traffic, faults, calm, verdict. */
import { randomUUID } from 'node:crypto'
import { createTraffic } from './boards/traffic.ts'
import { gather } from './end-of-run.ts'
import type { Fault } from './fault.ts'
import { keepFailure } from './keep-failure.ts'
import { countKinds, type Outcome, outcomeOf } from './outcome.ts'
import { mend, play } from './play.ts'
import { createRandom } from './random.ts'
import { createSchedule, describeSchedule } from './schedule.ts'
import type { PlayedFault } from './timeline.ts'
import { createTrafficLog } from './traffic-log.ts'
import type { World } from './world.ts'

export interface RunOptions {
  readonly seed: number
  readonly lengthMs: number
  readonly faults: readonly Fault[]
  /** A world nobody else uses; it is closed at the end. */
  readonly createWorld: (options: { readonly settings: Record<string, string> }) => Promise<World>
  readonly say?: (line: string) => void
  /** Below it a folder is made of what is needed to look into a failure. */
  readonly keepIn: string
}

/** The boards poll nothing, but their resends would soon be over the usual limit of REST. */
const SETTINGS = { RATE_LIMIT_MAX: '1000000' }

/** Resolves with the outcome, passed or not; throws only when there is no world to play in. */
export const runSchedule = async (options: RunOptions): Promise<Outcome> => {
  const say = options.say ?? (() => {})
  const schedule = createSchedule(options)
  say(`seed ${schedule.seed}, ${schedule.lengthMs / 1000} s: ${describeSchedule(schedule)}`)
  const startedAt = performance.now()
  const world = await options.createWorld({ settings: SETTINGS })
  try {
    await world.sluice.start()
    const begin = performance.now()
    const clock = (): number => performance.now() - begin
    const log = createTrafficLog(clock)
    const random = createRandom(schedule.seed).fork()
    const { http, mqttPort } = world
    const traffic = createTraffic({ http, mqttPort, random, log, now: Date.now() })
    const played: PlayedFault[] = []
    try {
      traffic.start()
      await play(world, schedule, { clock, played, say })
      if (played.some(({ error }) => error !== null)) await mend(world)
      const evidence = await gather(world, { traffic, log, played })
      const seconds = (performance.now() - startedAt) / 1000
      const byKind = countKinds(log, traffic)
      const outcome = outcomeOf(schedule, { evidence, byKind, seconds, notes: world.notes })
      const folder = `${options.keepIn}/seed-${schedule.seed}-${randomUUID().slice(0, 8)}`
      const kept =
        outcome.problems.length > 0 ? await keepFailure(folder, { world, evidence, outcome }) : null
      return { ...outcome, kept }
    } finally {
      await traffic.close()
    }
  } finally {
    await world.close()
  }
}
