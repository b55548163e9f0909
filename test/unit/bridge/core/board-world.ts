/**
 * A board without a clock and its link, simulated: what it measured when, and which messages reach the server
 * when. Reboots come only while the link is up, as the first reading of a boot is taken for live.
 */
import fc from 'fast-check'

export const MAX_DELAY_MS = 10_000
const HOUR = 3_600_000
const WRAP = 2 ** 32

/** How a board sends what it kept while the link was down. */
const MANNERS = ['oldest-first', 'newest-first', 'arrays', 'mixed-arrays', 'live-between'] as const

export interface BoardPlan {
  readonly driftPpm: number
  readonly intervalMs: number
  /** Uptime at the first reading; near 2^32 it wraps on the way. */
  readonly startUp: number
  /** Alternately the link is up and down, for so many readings. */
  readonly spells: readonly number[]
  readonly manner: (typeof MANNERS)[number]
  /** Backlog messages leave the board this far apart, ms. */
  readonly paceMs: number
  /** Delay of message n is `delays[n % length]`; ms. */
  readonly delays: readonly number[]
  /** Each message takes its own way, and may overtake. */
  readonly overtakes: boolean
  readonly rebootAfter: number
}

export interface Sample {
  readonly boot: string
  /** As it is sent: 32 bits. */
  readonly up: number
  /** True time, epoch ms. */
  readonly at: number
}

export interface Sent {
  readonly receivedAt: number
  readonly samples: readonly Sample[]
}

const heavyTail = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 4, arbitrary: fc.integer({ min: 40, max: 500 }) },
  { weight: 1, arbitrary: fc.integer({ min: 500, max: MAX_DELAY_MS }) },
)

export const anyBoard: fc.Arbitrary<BoardPlan> = fc.record({
  driftPpm: fc.oneof(fc.integer({ min: -100, max: 100 }), fc.integer({ min: -400, max: 400 })),
  intervalMs: fc.constantFrom(500, 10_000, 60_000),
  startUp: fc.oneof(
    fc.integer({ min: 0, max: 100_000 }),
    fc.integer({ min: WRAP - 6 * HOUR, max: WRAP - 1_000 }),
  ),
  spells: fc.array(fc.integer({ min: 5, max: 1_500 }), { minLength: 1, maxLength: 6 }),
  manner: fc.constantFrom(...MANNERS),
  paceMs: fc.integer({ min: 2, max: 200 }),
  delays: fc.oneof(
    fc.array(heavyTail, { minLength: 1, maxLength: 40 }),
    fc.array(fc.integer({ min: 0, max: MAX_DELAY_MS }), { minLength: 1, maxLength: 40 }),
  ),
  overtakes: fc.boolean(),
  rebootAfter: fc.integer({ min: 1_500, max: 6_000 }),
})

const T0 = Date.UTC(2026, 10, 23)

/** Groups of the backlog as messages, in the order in which they leave. */
const packed = (backlog: readonly Sample[], manner: BoardPlan['manner']): readonly (readonly Sample[])[] => {
  const size = manner === 'arrays' || manner === 'mixed-arrays' ? 100 : 1
  const ordered = manner === 'newest-first' ? backlog.toReversed() : backlog
  const messages: Sample[][] = []
  for (let from = 0; from < ordered.length; from += size) messages.push(ordered.slice(from, from + size))
  return messages
}

interface Leaving {
  readonly at: number
  readonly samples: readonly Sample[]
}

const leaving = (plan: BoardPlan): readonly Leaving[] => {
  const out: Leaving[] = []
  let now = T0
  let bootedAt = T0 - plan.startUp
  let boot = 0
  let readings = 0
  let backlog: Sample[] = []
  const measure = (): Sample => {
    const up = Math.round((now - bootedAt) * (1 + plan.driftPpm / 1e6))
    return { boot: `b${boot}`, up: up % WRAP, at: now }
  }
  const sendBacklog = (live: Sample): void => {
    if (plan.manner === 'mixed-arrays') backlog.unshift(live)
    let at = now + 1
    for (const [n, samples] of packed(backlog, plan.manner).entries()) {
      out.push({ at, samples })
      if (plan.manner === 'live-between' && n % 50 === 0) out.push({ at, samples: [live] })
      at += plan.paceMs
    }
    backlog = []
  }
  for (const [index, spell] of plan.spells.entries()) {
    const end = now + spell * plan.intervalMs
    for (; now < end; now += plan.intervalMs) {
      readings += 1
      if (index % 2 === 0 && readings > plan.rebootAfter) {
        readings = 0
        boot += 1
        bootedAt = now - 300
      }
      const sample = measure()
      if (index % 2 === 1) backlog.push(sample)
      else if (backlog.length > 0) sendBacklog(sample)
      else out.push({ at: now, samples: [sample] })
    }
  }
  return out.toSorted((a, b) => a.at - b.at)
}

/** The messages of a board in the order in which the server receives them. */
export const received = (plan: BoardPlan): readonly Sent[] => {
  let last = 0
  const sent = leaving(plan).map(({ at, samples }, n) => {
    const arrives = at + (plan.delays[n % plan.delays.length] ?? 0)
    last = plan.overtakes ? arrives : Math.max(last, arrives)
    return { receivedAt: last, samples }
  })
  return sent.toSorted((a, b) => a.receivedAt - b.receivedAt)
}

/** The longest time without a live reading: the drift of it is not seen. */
export const longestSilence = ({ spells, intervalMs, paceMs }: BoardPlan): number => {
  const missed = Math.max(0, ...spells.filter((_, index) => index % 2 === 1))
  return missed * (intervalMs + paceMs)
}
