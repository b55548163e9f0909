/** What goes wrong, and when: the same for the same seed, length and faults. */
import type { Fault } from './fault.ts'
import { createRandom, type Random } from './random.ts'
import type { World } from './world.ts'

export interface ScheduledFault<W = World> {
  /** Calm before it, from the end of the fault before. */
  readonly calmMs: number
  /** About when that is, from the start of the traffic, as the faults before it say how long they last. */
  readonly atMs: number
  readonly fault: Fault<W>
  /** What chance decides inside the fault. */
  readonly seed: number
}

export interface Schedule<W = World> {
  readonly seed: number
  readonly lengthMs: number
  readonly steps: readonly ScheduledFault<W>[]
}

export interface ScheduleOptions<W = World> {
  readonly seed: number
  readonly lengthMs: number
  readonly faults: readonly Fault<W>[]
}

/** Calm between two faults: sometimes hardly any, so that one meets the recovery from the other. */
export const CALM_MS = { least: 200, most: 2_500 } as const
/** A fault this long has a schedule made for it. */
export const LONG_MS = 30_000

const shuffled = <T>(items: readonly T[], random: Random): readonly T[] => {
  const left = [...items]
  return items.map(() => {
    const item = random.pick(left)
    left.splice(left.indexOf(item), 1)
    return item
  })
}

/** Round after round through the kinds, each time in another order: rare kinds are not drowned by those with many names. */
const roundOf = (faults: readonly Pick<Fault, 'kind'>[], random: Random): readonly string[] =>
  shuffled([...new Set(faults.map(({ kind }) => kind))], random)

const longest = (faults: readonly Pick<Fault, 'lastsMs'>[]): number =>
  Math.max(...faults.map(({ lastsMs }) => lastsMs))

/** At least one fault, however short the length. Throws without faults. */
export const createSchedule = <W = World>({ seed, lengthMs, faults }: ScheduleOptions<W>): Schedule<W> => {
  if (faults.length === 0) throw new Error('no fault to schedule')
  const random = createRandom(seed)
  const steps: ScheduledFault<W>[] = []
  const calm = (): number => random.whole(CALM_MS.least, CALM_MS.most)
  let calmMs = calm()
  let atMs = calmMs
  const add = (fault: Fault<W>): void => {
    steps.push({ calmMs, atMs, fault, seed: random.whole(0, 0xffffffff) })
    calmMs = calm()
    atMs += fault.lastsMs + calmMs
  }
  const fitting = (among: readonly Fault<W>[]): readonly Fault<W>[] =>
    among.filter(({ lastsMs }) => atMs + lastsMs <= lengthMs)

  const long = fitting(faults.filter(({ lastsMs }) => lastsMs >= LONG_MS))
  if (long.length > 0) add(random.pick(long))
  for (let before = -1; before < steps.length; ) {
    before = steps.length
    for (const kind of roundOf(faults, random)) {
      const possible = fitting(faults.filter((fault) => fault.kind === kind && fault.lastsMs < LONG_MS))
      if (possible.length > 0) add(random.pick(possible))
    }
  }
  if (steps.length === 0) {
    const shortest = faults.reduce((a, b) => (b.lastsMs < a.lastsMs ? b : a))
    add(shortest)
  }
  return { seed, lengthMs, steps }
}

/** 15 to 40 s; now and then long enough for the longest fault. */
export const lengthOf = (seed: number, faults: readonly Fault[]): number => {
  const random = createRandom(seed).fork()
  const usual = random.whole(15_000, 40_000)
  const most = longest(faults)
  return most >= LONG_MS && random.next() < 0.08 ? most + random.whole(5_000, 15_000) : usual
}

/** One line: what happens when. */
export const describeSchedule = ({ steps }: Pick<Schedule<never>, 'steps'>): string =>
  steps.map(({ atMs, fault }) => `${(atMs / 1000).toFixed(1)} s ${fault.name}`).join(', ')
