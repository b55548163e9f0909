/**
 * How much came in and was stored over the last ten seconds. Counted per second where it happens, so that the rates are
 * there at the first question; nothing runs in between. A message costs one addition: those that came since the last
 * event or question are taken up with the next one, evenly over the time between.
 */
import type { BridgeEmitter, Intake } from '../bridge/index.ts'

export interface Throughput {
  /** The same intake, counted. */
  intake(inner: Intake): Intake
  rates(): {
    readonly messagesPerSecond: number
    readonly readingsPerSecond: number
    readonly storedPerSecond: number
  }
  /** From durable to stored, of the batch stored last; 0 when none was in the last ten seconds. */
  lagMs(): number
}

interface Second {
  at: number
  messages: number
  taken: number
  stored: number
}

const WINDOW_S = 10
/** The window, and the second that is under way. */
const SECONDS = WINDOW_S + 1

/** @param deps.monotonic - milliseconds that never jump */
export const createThroughput = (deps: {
  readonly events: BridgeEmitter
  readonly monotonic: () => number
}): Throughput => {
  const { events, monotonic } = deps
  const seconds: Second[] = Array.from({ length: SECONDS }, () => ({
    at: -1,
    messages: 0,
    taken: 0,
    stored: 0,
  }))
  const startedAt = monotonic()
  let messages = 0
  let lookedAt = 0
  let lag = { at: Number.NEGATIVE_INFINITY, ms: 0 }

  const secondAt = (at: number): Second => {
    const second = seconds[at % SECONDS] as Second
    if (second.at !== at) Object.assign(second, { at, messages: 0, taken: 0, stored: 0 })
    return second
  }

  /** This second. */
  const current = (): Second => {
    const now = Math.floor((monotonic() - startedAt) / 1_000)
    const share = messages / (now - lookedAt + 1)
    for (let at = Math.max(lookedAt, now - WINDOW_S); at <= now; at += 1) secondAt(at).messages += share
    lookedAt = now
    messages = 0
    return secondAt(now)
  }

  events.on('readings:taken', ({ count }) => {
    current().taken += count
  })
  events.on('drain:stored', ({ readings, deadLetters, lagMs }) => {
    current().stored += readings + deadLetters
    lag = { at: monotonic(), ms: lagMs }
  })

  return {
    intake: (inner) => (message, clientId, done) => {
      messages += 1
      inner(message, clientId, done)
    },
    rates: () => {
      const now = current().at
      const lasting = Math.min(WINDOW_S, now)
      const perSecond = (of: 'messages' | 'taken' | 'stored'): number => {
        let sum = 0
        for (const second of seconds) if (second.at < now && second.at >= now - WINDOW_S) sum += second[of]
        return lasting === 0 ? 0 : Math.round((sum / lasting) * 10) / 10
      }
      return {
        messagesPerSecond: perSecond('messages'),
        readingsPerSecond: perSecond('taken'),
        storedPerSecond: perSecond('stored'),
      }
    },
    lagMs: () => (monotonic() - lag.at <= WINDOW_S * 1_000 ? lag.ms : 0),
  }
}
