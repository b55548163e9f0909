import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FAULTS } from './faults/index.ts'
import { createWorld } from './make-world.ts'
import { runSchedule } from './run-schedule.ts'
import type { ScheduleOptions } from './schedule.ts'
import { type ShortRun, shortFaults } from './short-form.ts'
import { failureLines } from './soak/report.ts'

/**
 * Plays one schedule in a world of its own. `failure` is why it failed, where its files are and how to play it
 * again; empty when it passed.
 */
export const playFaults = async (options: ScheduleOptions) => {
  const { seed, lengthMs, faults } = options
  const folder = await mkdtemp(join(tmpdir(), 'sluice-oracle-kept-'))
  const outcome = await runSchedule({ ...options, createWorld, keepIn: folder })
  if (outcome.kept === null) await rm(folder, { recursive: true })
  const narrowed = ` --seconds ${lengthMs / 1000} --fault ${faults.map(({ name }) => name).join(',')}`
  return { outcome, failure: failureLines({ seed, outcome }, narrowed).join('\n') }
}

export const playShort = ({ seed, lengthMs, kinds }: ShortRun) =>
  playFaults({ seed, lengthMs, faults: shortFaults(FAULTS, kinds) })
