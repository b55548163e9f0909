/** How many retained messages there are and what they take, so that both stay within bounds. */
import type { BrokerOptions } from './options.ts'

/** What the store adds to a topic (which it holds twice) and a payload. */
const OVERHEAD_BYTES = 160

export type RetainedLimit = 'maxRetained' | 'maxRetainedBytes'

export interface RetainedLedger {
  /** One that is in the store already, whatever the bounds are now. */
  load(topic: string, bytes: number): void
  /** Counts a message in, in place of the one its topic has; the limit it would go over, if any, and then not. */
  add(topic: string, payloadBytes: number): RetainedLimit | undefined
  remove(topic: string): void
  has(topic: string): boolean
  readonly count: number
  readonly bytes: number
}

/** An empty ledger. */
export const createRetainedLedger = ({
  maxRetained,
  maxRetainedBytes,
}: Pick<BrokerOptions, RetainedLimit>): RetainedLedger => {
  const sizes = new Map<string, number>()
  let total = 0

  const set = (topic: string, bytes: number): void => {
    total += bytes - (sizes.get(topic) ?? 0)
    sizes.set(topic, bytes)
  }

  return {
    load: set,
    add: (topic, payloadBytes) => {
      const before = sizes.get(topic)
      if (before === undefined && sizes.size >= maxRetained) return 'maxRetained'
      const bytes = OVERHEAD_BYTES + 2 * Buffer.byteLength(topic) + payloadBytes
      if (total + bytes - (before ?? 0) > maxRetainedBytes) return 'maxRetainedBytes'
      set(topic, bytes)
      return undefined
    },
    remove: (topic) => {
      total -= sizes.get(topic) ?? 0
      sizes.delete(topic)
    },
    has: (topic) => sizes.has(topic),
    get count() {
      return sizes.size
    },
    get bytes() {
      return total
    },
  }
}
