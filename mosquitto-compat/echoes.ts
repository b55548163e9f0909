/**
 * What we published on topics we listen to, so that it is not taken for somebody else's when a broker of 3.1.1 sends it
 * back: a status we told would count as a sign of life, be told again, and so on for ever. (With MQTT 5 the broker keeps
 * it to itself.) Each message comes back once; one that never does is forgotten after a while, and so is what is past
 * the bound. Time without a connection does not count: what the broker kept for us comes after it.
 */

export interface Echoes {
  /** It was sent. */
  published(topic: string, payload: string): void
  /** True when this is what was published, once for each time it was. */
  takes(topic: string, payload: Buffer): boolean
  /** The connection is gone: from now on time stands still. */
  away(): void
  /** There is one again. */
  back(): void
}

const FORGET_AFTER_MS = 60_000

const keyOf = (topic: string, payload: string): string => `${topic}\n${payload}`

/**
 * @param now - milliseconds that never jump
 * @param maxEchoes - different messages waited for; all that is sent at once after an outage must fit in
 */
export const createEchoes = (now: () => number, maxEchoes: number): Echoes => {
  /** Until when each is waited for, and how often it is to come; the oldest first. */
  const waiting = new Map<string, { readonly until: number; readonly count: number }>()

  let awaySince: number | undefined
  let awayMs = 0

  const connectedMs = (): number => (awaySince ?? now()) - awayMs

  const forgetOld = (at: number): void => {
    for (const [key, { until }] of waiting) {
      if (until > at && waiting.size <= maxEchoes) return
      waiting.delete(key)
    }
  }

  return {
    published: (topic, payload) => {
      const key = keyOf(topic, payload)
      const count = (waiting.get(key)?.count ?? 0) + 1
      waiting.delete(key)
      waiting.set(key, { until: connectedMs() + FORGET_AFTER_MS, count })
      forgetOld(connectedMs())
    },
    takes: (topic, payload) => {
      if (waiting.size === 0) return false
      const key = keyOf(topic, payload.toString())
      const known = waiting.get(key)
      if (known === undefined) return false
      if (known.count > 1) waiting.set(key, { until: known.until, count: known.count - 1 })
      else waiting.delete(key)
      return known.until > connectedMs()
    },
    away: () => {
      awaySince ??= now()
    },
    back: () => {
      if (awaySince === undefined) return
      awayMs += now() - awaySince
      awaySince = undefined
    },
  }
}
