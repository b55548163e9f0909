/** From the last fault to the evidence. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Traffic } from './boards/traffic.ts'
import type { PlayedFault } from './timeline.ts'
import type { TrafficLog } from './traffic-log.ts'
import type { Evidence } from './verdict/evidence.ts'
import { gatherStored, waitUntilQuiet } from './verdict/gather.ts'
import type { World } from './world.ts'

const ANSWERED_WITHIN_MS = 30_000
const QUIET_WITHIN_MS = 60_000
/** Above SHUTDOWN_TIMEOUT_MS. */
const STOPPED_WITHIN_MS = 30_000

/** Waits for the acks of what was sent; gives what was given up, by device. */
export const answers = async (traffic: Traffic, timeoutMs: number): Promise<ReadonlyMap<string, number>> => {
  const deadline = performance.now() + timeoutMs
  const open = () => traffic.boards.filter(({ unacked }) => unacked > 0)
  while (open().length > 0 && performance.now() < deadline) await delay(50)
  return new Map(open().map(({ deviceId, unacked }) => [deviceId, unacked]))
}

/** SIGTERM; what is wrong with it besides how the process ended, which the verdict sees by itself. */
const stopInOrder = async ({ sluice }: World): Promise<readonly string[]> => {
  if (!sluice.running) return ['process: was not running in the end']
  sluice.signal('SIGTERM')
  const late = new AbortController()
  const tooLate = delay(STOPPED_WITHIN_MS, true, { signal: late.signal }).catch(() => false)
  const isLate = await Promise.race([sluice.ended.then(() => false), tooLate])
  late.abort()
  if (!isLate) return []
  sluice.signal('SIGKILL')
  await sluice.ended
  return [`process: still there ${STOPPED_WITHIN_MS / 1000} s after SIGTERM`]
}

/** Whatever happened: the boards fall silent, Sluice comes to rest, Postgres is asked, and SIGTERM ends it. */
export const gather = async (
  world: World,
  run: { readonly traffic: Traffic; readonly log: TrafficLog; readonly played: readonly PlayedFault[] },
): Promise<Evidence> => {
  run.traffic.stop()
  // One that did not come back will not answer either.
  const patience = world.sluice.running ? 1 : 0
  const unanswered = await answers(run.traffic, patience * ANSWERED_WITHIN_MS)
  await run.traffic.close()
  const quiet = await waitUntilQuiet(world.http, patience * QUIET_WITHIN_MS)
  const stored = await gatherStored(world)
  const stopping = await stopInOrder(world)
  const { ends, log } = world.sluice
  const troubles = [...stored.troubles, ...stopping]
  return { ...quiet, ...stored, troubles, unanswered, ends, log, traffic: run.log, played: run.played }
}
