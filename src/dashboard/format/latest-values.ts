/** The numbers among the latest values of a device, in the order they are shown. */
import type { Latest } from '../answers.ts'
import { compareMetrics } from './metrics.ts'

export type MetricValue = readonly [metric: string, value: number]

/** Those with a name of their own and those that are numbers among the others. */
export const latestValues = (latest: Latest | null): readonly MetricValue[] => {
  if (latest === null) return []
  const others = Object.entries(latest.custom ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && !(entry[0] in latest.values),
  )
  return [...Object.entries(latest.values), ...others].sort(([a], [b]) => compareMetrics(a, b))
}

const FEW = 3

/** The first few metrics of a device: what there is room for where it has no columns. */
export const ownMetrics = (latest: Latest | null): readonly string[] =>
  latestValues(latest)
    .slice(0, FEW)
    .map(([metric]) => metric)
