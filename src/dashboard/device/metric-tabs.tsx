import { useDashboard } from '../context.ts'
import { latestValues } from '../format/latest-values.ts'
import { formatMetric, metricWords } from '../format/metrics.ts'
import type { HistoryFeed } from './history-feed.ts'
import type { Span } from './shown-range.ts'
import { summaryOf, type Trend } from './summary.ts'
import { TrendMark } from './trend-mark.tsx'

interface TabsProps {
  readonly id: string
  readonly feed: HistoryFeed
  readonly metrics: readonly string[]
  readonly shown: string
  readonly span: Span
  readonly choose: (metric: string) => void
}

interface TabProps {
  readonly metric: string
  readonly value: number | undefined
  readonly trend: Trend | undefined
  readonly isShown: boolean
  readonly choose: () => void
}

const Tab = ({ metric, value, trend, isShown, choose }: TabProps) => {
  const { label, unit } = metricWords(metric)
  return (
    <button type="button" class="metric-tab" aria-pressed={isShown} onClick={choose}>
      <span class="metric-name">{label}</span>
      <span class="metric-value value">
        {value === undefined ? '–' : formatMetric(metric, value)} {unit !== '' && <small>{unit}</small>}
      </span>
      <TrendMark trend={trend} />
    </button>
  )
}

/** Each metric with its newest value and where it is going; the one chosen is drawn. */
export const MetricTabs = ({ id, feed, metrics, shown, span, choose }: TabsProps) => {
  const { fleet } = useDashboard()
  const latest = new Map(latestValues(fleet.device(id).value?.latest ?? null))
  return (
    <fieldset class="metric-tabs" aria-label="Metric">
      {metrics.map((metric) => {
        const line = feed.line(metric)
        return (
          <Tab
            key={metric}
            metric={metric}
            value={latest.get(metric) ?? line.cells.at(-1)?.last}
            trend={summaryOf(line, span)?.trend}
            isShown={metric === shown}
            choose={() => choose(metric)}
          />
        )
      })}
    </fieldset>
  )
}
