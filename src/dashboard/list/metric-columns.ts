/** Which metrics have a column: those that most devices send. Pure. */
import type { Device } from '../answers.ts'
import { latestValues } from '../format/latest-values.ts'
import { compareMetrics } from '../format/metrics.ts'

/** At most `most`, in the order in which metrics are shown everywhere. */
export const metricColumns = (devices: readonly Device[], most: number): readonly string[] => {
  const counts = new Map<string, number>()
  for (const { latest } of devices) {
    for (const [metric] of latestValues(latest)) counts.set(metric, (counts.get(metric) ?? 0) + 1)
  }
  return [...counts]
    .sort(([a, many], [b, more]) => more - many || compareMetrics(a, b))
    .slice(0, most)
    .map(([metric]) => metric)
    .sort(compareMetrics)
}
