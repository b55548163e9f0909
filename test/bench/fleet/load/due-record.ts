import type { DueResult } from '../fleet-jobs.ts'
import { createFailureCounts, createSamples, type LatencySummary, type Samples } from '../latency.ts'
import type { GeneratorHealth } from './health.ts'

/** Times are ms since the start of the load. */
export interface DuePlan {
  readonly warmupMs: number
  readonly measuredMs: number
  /** After this the client gives up, as the sketch does; a failed request counts as one that took so long. */
  readonly timeoutMs: number
}

interface Due {
  readonly kind: string
  readonly dueAt: number
}

/** What became of each request; only those due in the measured time are part of the figures. */
export interface DueRecord {
  /** Sent `lateMs` after it was due and its member free: late by the generator's own fault. */
  sent(dueAt: number, lateMs: number): void
  /** `failure` is undefined when it was answered as it should be. */
  done(request: Due, latencyMs: number, failure: string | undefined): void
  unanswered(request: Due, waitedMs: number): void
  result(generator: GeneratorHealth): DueResult
}

export const createDueRecord = (plan: DuePlan): DueRecord => {
  const until = plan.warmupMs + plan.measuredMs
  const latencies = new Map<string, Samples>()
  const failures = createFailureCounts()
  const late = createSamples()
  let succeeded = 0
  let unanswered = 0
  const measured = (dueAt: number): boolean => dueAt >= plan.warmupMs && dueAt < until

  const sample = (kind: string, latencyMs: number): void => {
    let samples = latencies.get(kind)
    if (samples === undefined) {
      samples = createSamples()
      latencies.set(kind, samples)
    }
    samples.add(latencyMs)
  }
  return {
    sent: (dueAt, lateMs) => {
      if (measured(dueAt)) late.add(lateMs)
    },
    done: ({ kind, dueAt }, latencyMs, failure) => {
      if (failure === undefined) succeeded++
      else failures.add(failure)
      if (measured(dueAt))
        sample(kind, failure === undefined ? latencyMs : Math.max(latencyMs, plan.timeoutMs))
    },
    unanswered: ({ kind, dueAt }, waitedMs) => {
      if (!measured(dueAt)) return
      unanswered++
      sample(kind, waitedMs)
    },
    result: (generator) => {
      const latencyMs: { [kind: string]: LatencySummary } = {}
      for (const [kind, samples] of latencies) {
        const summary = samples.summary()
        if (summary !== undefined) latencyMs[kind] = summary
      }
      const sentLateP99Ms = late.summary()?.p99 ?? 0
      return { latencyMs, failures: failures.all(), unanswered, succeeded, sentLateP99Ms, generator }
    },
  }
}
