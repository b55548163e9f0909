/** One attack after the other on one Sluice, with honest boards beside them all the time. */
import { setTimeout as delay } from 'node:timers/promises'
import { createRandom } from '../oracle/random.ts'
import { waitUntilQuiet } from '../oracle/verdict/gather.ts'
import type { Ended, Sluice } from '../support/sluice.ts'
import type { AttackContext, AttackName, AttackResult, Scale } from './attack.ts'
import { ATTACKS } from './attacks/index.ts'
import type { FleetOptions, HonestFleet, Seen } from './boards/fleet.ts'
import { judgeEnd, judgeHonestRows, judgeService } from './judge.ts'
import { type InUse, judgeMemory, memoryInUse, memoryOf, memoryReturned, watchPeak } from './memory.ts'
import type { HostileWorld } from './world.ts'

export interface PlayOptions {
  readonly attacks: readonly AttackName[]
  readonly scale: Scale
  readonly seed: number
  /** How long boards are watched before all and after each. */
  readonly calmMs: number
  readonly everyMs: number
  readonly say: (line: string) => void
}

export interface Played extends AttackResult {
  readonly name: AttackName
  readonly seconds: number
  readonly during: Seen
  readonly after: Seen
  /** In MiB. */
  readonly peak: number
  readonly memoryAfter: InUse
}

export interface Outcome {
  readonly seed: number
  readonly calm: Seen
  readonly memoryBefore: InUse
  readonly played: readonly Played[]
  readonly acked: number
  readonly problems: readonly string[]
}

export interface PlayDeps {
  readonly world: HostileWorld
  readonly startFleet: (options: FleetOptions) => Promise<HonestFleet>
}

const MEMORY_BACK_WITHIN_MS = 20_000
const QUIET_WITHIN_MS = 60_000

interface Scene {
  readonly context: AttackContext
  readonly fleet: HonestFleet
  readonly sluice: Pick<Sluice, 'pid' | 'httpPort'>
  readonly calmMs: number
}

const playOne = async (
  name: AttackName,
  { context, fleet, sluice, calmMs }: Scene,
  memoryBefore: InUse,
): Promise<Played> => {
  await fleet.take()
  const peak = watchPeak(sluice.pid)
  const begun = performance.now()
  const result = await ATTACKS[name](context)
  const seconds = (performance.now() - begun) / 1_000
  const during = await fleet.take()
  await delay(calmMs)
  const after = await fleet.take()
  const most = await peak.stop()
  const memoryAfter = await memoryReturned(sluice, memoryBefore, MEMORY_BACK_WITHIN_MS)
  const problems = [
    ...result.problems,
    ...judgeService(`during ${name}`, during),
    ...judgeService(`after ${name}`, after),
    ...judgeMemory(`after ${name}`, memoryAfter, memoryBefore),
  ]
  return { name, counts: result.counts, problems, seconds, during, after, peak: most, memoryAfter }
}

const endOf = async (world: HostileWorld): Promise<{ ended: Ended; hadEnded: boolean }> => {
  let hadEnded = false
  const early = world.sluice.ended.then(() => {
    hadEnded = true
  })
  await Promise.race([early, delay(0)])
  return { hadEnded, ended: await world.sluice.end('SIGTERM') }
}

/** Plays them; the world is stopped by it, and closed by its owner. */
export const play = async ({ world, startFleet }: PlayDeps, options: PlayOptions): Promise<Outcome> => {
  const { seed, calmMs, scale, say } = options
  const { sluice, devices } = world
  const random = createRandom(seed)
  const boot = `honest-${random.whole(0, 0xffffff).toString(16)}`
  const fleet = await startFleet({
    port: sluice.mqttPort,
    boot,
    devices,
    everyMs: options.everyMs,
    newcomerEveryMs: options.everyMs * 10,
  })
  const target = {
    mqttPort: sluice.mqttPort,
    httpPort: sluice.httpPort,
    connectTimeoutMs: world.connectTimeoutMs,
    honest: devices.map(({ deviceId }) => deviceId),
  }
  const memory = (): Promise<number> => memoryOf(sluice.pid)
  await delay(calmMs)
  await fleet.take() // while all of it was new
  await delay(calmMs)
  const calm = await fleet.take()
  const memoryBefore = await memoryInUse(sluice)
  const played: Played[] = []
  for (const name of options.attacks) {
    const context = { target, scale, random: random.fork(), memory }
    const one = await playOne(name, { context, fleet, sluice, calmMs }, memoryBefore)
    played.push(one)
    say(`${name}: ${one.seconds.toFixed(1)} s, ${JSON.stringify(one.counts)}`)
  }
  const sent = await fleet.finish()
  const { balance, balanceProblem } = await waitUntilQuiet(sluice.http, QUIET_WITHIN_MS)
  const rows = await world.rows()
  const { ended, hadEnded } = await endOf(world)
  const problems = [
    ...judgeService('before all', calm),
    ...played.flatMap((one) => one.problems),
    ...(balanceProblem === null ? [] : [`balance: ${balanceProblem}`]),
    ...(balance !== null && balance.remainder !== 0 ? [`balance: a remainder of ${balance.remainder}`] : []),
    ...judgeHonestRows(rows, sent, boot),
    ...(hadEnded ? ['process: it ended by itself'] : []),
    ...judgeEnd(ended, sluice.log),
  ]
  const acked = sent.reduce((sum, board) => sum + board.acked.length, 0)
  return { seed, calm, memoryBefore, played, acked, problems }
}
