import type { ScenarioReport } from '../../scenario.ts'
import { figure, withGoal } from '../figure.ts'
import type { CamerasResult, DueResult, ViewersResult } from '../fleet-jobs.ts'
import { type FleetBench, type FleetScenario, type HttpTarget, startSluiceHttp } from '../fleet-scenario.ts'
import { startFleetGenerator } from '../generator.ts'
import { jpegFile } from '../jpeg-file.ts'
import { failureCount, failureText } from '../latency.ts'
import { residentMiB, usageDuring } from '../process-usage.ts'
import { CAMERAS, FRAMES_PER_SECOND } from './cameras.ts'

/** Boards that ingest meanwhile, each a reading a second. */
const BOARDS = 10
/** What was sent last reaches the viewers. */
const SETTLE_MS = 2000

interface Watched {
  readonly cameras: CamerasResult
  readonly boards: DueResult
  readonly viewers: ViewersResult
  readonly cores: number
  readonly machineCores: number
  readonly memoryMiB: { readonly alone: number; readonly watched: number; readonly after: number }
}

const watch = async (bench: FleetBench, target: HttpTarget): Promise<Watched> => {
  const { cleanup, options } = bench
  const [audience, cameraPark, boardPark] = await Promise.all([
    startFleetGenerator(cleanup),
    startFleetGenerator(cleanup),
    startFleetGenerator(cleanup),
  ])
  const { warmupSeconds, seconds } = options
  const load = { address: target.address, warmupSeconds, seconds }
  const cameraJob = {
    ...load,
    kind: 'cameras',
    cameras: CAMERAS,
    framesPerSecond: FRAMES_PER_SECOND,
    jpegFile: jpegFile(),
    fetchFrames: false,
  } as const
  const alone = await residentMiB(target.pid)
  const meanwhile = async () => {
    const watched = await residentMiB(target.pid)
    const sending = () =>
      Promise.all([
        cameraPark.run<'cameras'>(cameraJob),
        boardPark.run<'boards'>({ ...load, kind: 'boards', boards: BOARDS }),
      ])
    const { result, cores, machineCores } = await usageDuring(target.pid, sending)
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    return {
      sent: result,
      cores,
      machineCores,
      memoryMiB: { alone, watched, after: await residentMiB(target.pid) },
    }
  }
  const job = { kind: 'viewers', address: target.address, viewers: options.viewers } as const
  const [{ sent, ...seen }, viewers] = await audience.watch(job, meanwhile)
  return { cameras: sent[0], boards: sent[1], viewers, ...seen }
}

const problemsOf = ({ cameras, boards, viewers }: Watched): readonly string[] => {
  const problems: string[] = []
  for (const { failures } of [cameras, boards]) {
    if (failureCount(failures) > 0) problems.push(`requests that failed: ${failureText(failures)}`)
  }
  if (cameras.unanswered > 0)
    problems.push(`${cameras.unanswered} frames were due that the cameras could not send`)
  if (viewers.lost > 0) problems.push(`${viewers.lost} of ${viewers.connected} viewers were cut off`)
  // A frame whose answer came too late to be counted was announced all the same.
  const events = Math.max(cameras.succeeded, viewers.frames.max) * viewers.connected
  const missed = events - viewers.frames.total
  if (missed > 0) problems.push(`${missed} of ${events} frame events missed`)
  return problems
}

const run = async (bench: FleetBench): Promise<ScenarioReport> => {
  const target = await startSluiceHttp(bench)
  const watched = await watch(bench, target)
  const { cameras, boards, viewers, memoryMiB } = watched
  const sent = cameras.succeeded
  return {
    title: `${viewers.connected} viewers while ${CAMERAS} cameras send ${CAMERAS * FRAMES_PER_SECOND} frames a second and ${BOARDS} boards ingest`,
    lines: [
      figure('frames taken', 'count', sent),
      withGoal(figure('new_frame, viewer with the fewest', 'count', viewers.frames.min), { atLeast: sent }),
      figure('new_frame, viewer with the most', 'count', viewers.frames.max),
      figure('other events a viewer', 'count', viewers.otherEvents / viewers.connected),
      figure('frame taken to event received, p50', 'ms', viewers.delayMs?.p50),
      figure('frame taken to event received, p99', 'ms', viewers.delayMs?.p99),
      figure('frame sent to 200, p99', 'ms', cameras.latencyMs.frame?.p99),
      figure('poll, p99', 'ms', boards.latencyMs.poll?.p99),
      figure('memory before the viewers', 'MiB', memoryMiB.alone),
      figure('memory with the viewers, before the frames', 'MiB', memoryMiB.watched),
      figure('memory after the frames', 'MiB', memoryMiB.after),
      figure('server', 'cores', watched.cores),
      figure('the viewers’ process', 'cores', viewers.generator.cpu),
      figure('the whole machine', 'cores', watched.machineCores),
    ],
    problems: problemsOf(watched),
    notes: [`${viewers.frames.total} new_frame events received in all, warm-up included`],
    details: [watched],
  }
}

export const viewers: FleetScenario = { name: 'viewers', run }
