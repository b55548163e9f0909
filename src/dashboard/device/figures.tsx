import { formatMetric, metricWords } from '../format/metrics.ts'
import type { Span } from './shown-range.ts'
import type { Summary } from './summary.ts'
import { trendWords } from './summary-words.ts'

interface FiguresProps {
  readonly metric: string
  readonly summary: Summary | undefined
  readonly span: Span
}

/** Least, greatest, mean, newest and trend of what is shown. */
export const Figures = ({ metric, summary, span }: FiguresProps) => {
  const { unit } = metricWords(metric)
  const facts: readonly (readonly [string, number | undefined])[] = [
    ['Latest', summary?.last],
    ['Min', summary?.min],
    ['Max', summary?.max],
    ['Average', summary?.avg],
  ]
  return (
    <dl class="figures">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd class="value">
            {value === undefined ? '–' : formatMetric(metric, value)}
            {value !== undefined && unit !== '' && <small> {unit}</small>}
          </dd>
        </div>
      ))}
      <div>
        <dt>Trend</dt>
        <dd>{summary?.trend === undefined ? '–' : trendWords(metric, summary.trend, span)}</dd>
      </div>
    </dl>
  )
}
