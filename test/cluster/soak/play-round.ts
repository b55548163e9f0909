/** One round: a world, boards, faults by its seed, and a verdict. */
import { randomUUID } from 'node:crypto'
import { createTraffic } from '../../oracle/boards/traffic.ts'
import { keepFailure } from '../../oracle/keep-failure.ts'
import { countKinds, type Outcome, outcomeOf } from '../../oracle/outcome.ts'
import { play } from '../../oracle/play.ts'
import { createRandom } from '../../oracle/random.ts'
import { createSchedule, describeSchedule } from '../../oracle/schedule.ts'
import type { PlayedFault } from '../../oracle/timeline.ts'
import { createTrafficLog } from '../../oracle/traffic-log.ts'
import type { ClusterFault } from './faults.ts'
import { gather } from './gather.ts'
import type { ClusterWorld } from './world.ts'

export interface RoundOptions {
  readonly seed: number
  readonly lengthMs: number
  readonly faults: readonly ClusterFault[]
  /** A world nobody else uses; it is closed at the end. */
  readonly createWorld: () => Promise<ClusterWorld>
  readonly say?: (line: string) => void
  /** Below it a folder is made of what is needed to look into a failure. */
  readonly keepIn: string
}

/**
 * What boards are told here besides what the oracle of one node knows: HAProxy answers a request itself when its node
 * dies over it, and a node without Redis makes no new session. They try again.
 */
const isExpected = (answer: string, played: readonly PlayedFault[]): boolean =>
  /^REST: 50[24] /.test(answer) || (answer === 'CONNACK 3' && played.some(({ kind }) => kind === 'redis'))

/** After a fault that did not heal: what can be started is, so that the verdict has something to look at. */
const mend = async ({ redis, postgres, cluster }: ClusterWorld): Promise<void> => {
  redis.thaw()
  const isOver = async (ended: Promise<unknown>): Promise<boolean> =>
    (await Promise.race([ended, Promise.resolve('running')])) !== 'running'
  const steps = [
    () => postgres.start(),
    () => redis.restart(),
    ...cluster.nodes.map((node) => async () => {
      if (await isOver(node.sluice.ended)) await node.start()
    }),
  ]
  // It may be whole already; what is not shows in the verdict.
  for (const step of steps) await step().catch(() => undefined)
}

/** Resolves with the outcome, passed or not; throws only when there is no world to play in. */
export const playRound = async (options: RoundOptions): Promise<Outcome> => {
  const say = options.say ?? (() => {})
  const schedule = createSchedule(options)
  say(`seed ${schedule.seed}, ${schedule.lengthMs / 1000} s: ${describeSchedule(schedule)}`)
  const startedAt = performance.now()
  const world = await options.createWorld()
  try {
    const begin = performance.now()
    const clock = (): number => performance.now() - begin
    const log = createTrafficLog(clock)
    const random = createRandom(schedule.seed).fork()
    const { http, mqttPort, folder } = world
    const played: PlayedFault[] = []
    const odd = (answer: string): void => {
      if (!isExpected(answer, played)) log.odd(answer)
    }
    const traffic = createTraffic({ http, mqttPort, random, log: { ...log, odd }, now: Date.now() })
    try {
      traffic.start()
      await play(world, schedule, { clock, played, say })
      if (played.some(({ error }) => error !== null)) await mend(world)
      const evidence = await gather(world, { traffic, log, played })
      const seconds = (performance.now() - startedAt) / 1000
      const byKind = countKinds(log, traffic)
      const outcome = outcomeOf(schedule, { evidence, byKind, seconds, notes: world.notes })
      if (outcome.problems.length === 0) return { ...outcome, kept: null }
      const name = `${options.keepIn}/seed-${schedule.seed}-${randomUUID().slice(0, 8)}`
      return { ...outcome, kept: await keepFailure(name, { world: { dataDir: folder }, evidence, outcome }) }
    } finally {
      await traffic.close()
    }
  } finally {
    await world.close()
  }
}
