import { quantile } from '../statistics.ts'

export interface LatencySummary {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Values of which the quantiles are asked in the end; grows by doubling. */
export interface Samples {
  add(value: number): void
  /** Undefined when there are none. */
  summary(): LatencySummary | undefined
}

const FIRST_CAPACITY = 4096

export const createSamples = (): Samples => {
  let values = new Float64Array(FIRST_CAPACITY)
  let count = 0
  const grow = (): void => {
    const larger = new Float64Array(values.length * 2)
    larger.set(values)
    values = larger
  }
  return {
    add: (value) => {
      if (count === values.length) grow()
      values[count++] = value
    },
    summary: () => {
      if (count === 0) return undefined
      const ascending = values.slice(0, count).sort()
      return {
        count,
        p50: quantile(ascending, 0.5),
        p99: quantile(ascending, 0.99),
        max: quantile(ascending, 1),
      }
    },
  }
}

/** Whole milliseconds counted, for values too many to keep: 200,000 events a second. */
export const createMillisecondCounts = (maxMs: number): Samples => {
  const counts = new Uint32Array(maxMs + 1)
  let count = 0
  const rankedAt = (rank: number): number => {
    let seen = 0
    for (let ms = 0; ms <= maxMs; ms++) {
      seen += counts[ms] ?? 0
      if (seen >= rank) return ms
    }
    return maxMs
  }
  return {
    add: (value) => {
      const ms = Math.min(maxMs, Math.max(0, Math.round(value)))
      counts[ms] = (counts[ms] ?? 0) + 1
      count++
    },
    summary: () =>
      count === 0
        ? undefined
        : {
            count,
            p50: rankedAt(Math.ceil(count * 0.5)),
            p99: rankedAt(Math.ceil(count * 0.99)),
            max: rankedAt(count),
          },
  }
}

/** How often each thing went wrong. */
export type Failures = { readonly [reason: string]: number }

export const createFailureCounts = () => {
  const counts = new Map<string, number>()
  return {
    add: (reason: string): void => void counts.set(reason, (counts.get(reason) ?? 0) + 1),
    all: (): Failures => Object.fromEntries(counts),
  }
}

export const failureCount = (failures: Failures): number => Object.values(failures).reduce((a, b) => a + b, 0)

export const failureText = (failures: Failures): string =>
  Object.entries(failures)
    .map(([reason, times]) => `${times} × ${reason}`)
    .join(', ')
