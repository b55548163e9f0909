/** The schedules of `npm test`: short ones, with every kind of fault in one of them at least. */
import { FAULT_KINDS, type Fault, type FaultKind } from './fault.ts'
import { createSchedule } from './schedule.ts'

export interface ShortRun {
  readonly seed: number
  readonly lengthMs: number
  readonly kinds: readonly FaultKind[]
}

/** Sluice itself dies, at any point, and is stopped. */
export const DEATHS: ShortRun = { seed: 45, lengthMs: 17_000, kinds: ['kill', 'fail-point', 'stop'] }

/** What Sluice stands on goes away. */
export const OUTAGES: ShortRun = {
  seed: 23,
  lengthMs: 34_000,
  kinds: ['postgres', 'link', 'redis', 'disk', 'spool'],
}

/** Whatever chance makes of it, in about the time of two faults. */
export const byChance = (seed: number): ShortRun => ({ seed, lengthMs: 16_000, kinds: FAULT_KINDS })

const MAX_FAULT_MS = 8_000

/** Those that are over soon. */
export const shortFaults = (faults: readonly Fault[], kinds: readonly FaultKind[]): readonly Fault[] =>
  faults.filter(({ kind, lastsMs }) => lastsMs <= MAX_FAULT_MS && kinds.includes(kind))

/** The kinds of faults that a run plays. */
export const kindsOf = (
  { seed, lengthMs, kinds }: ShortRun,
  faults: readonly Fault[],
): ReadonlySet<FaultKind> => {
  const { steps } = createSchedule({ seed, lengthMs, faults: shortFaults(faults, kinds) })
  return new Set(steps.map(({ fault }) => fault.kind))
}
