/** The figures of a line in words: below the chart, and as what a screen reader says of it. */
import { formatMetric, metricWords } from '../format/metrics.ts'
import { numbers } from '../format/numbers.ts'
import { formatSpan, moments } from '../format/times.ts'
import type { ShownRange, Span } from './shown-range.ts'
import { type Summary, type Trend, trendAmount } from './summary.ts'

export const withUnit = (metric: string, value: number): string =>
  `${formatMetric(metric, value)} ${metricWords(metric).unit}`.trim()

/** Such as `rising 0.4 °C/h`, `steady`. */
export const trendWords = (metric: string, trend: Trend, span: Span): string => {
  if (trend.word === 'steady') return 'steady'
  const [amount, per] = trendAmount(trend, span)
  return `${trend.word} ${numbers.value(amount)} ${metricWords(metric).unit}/${per}`.replace(' /', '/')
}

/** Such as `the last 24 h`, `3 Nov 2026, 14:03:27 to …`. */
export const rangeWords = (range: ShownRange): string =>
  range.kind === 'last'
    ? `the last ${formatSpan(range.ms)}`
    : `${moments.moment(range.from)} to ${moments.moment(range.to)}`

interface Told {
  readonly metric: string
  readonly range: ShownRange
  readonly span: Span
}

/** One sentence that stands for the chart. */
export const summarySentence = ({ metric, range, span }: Told, summary: Summary | undefined): string => {
  const { label } = metricWords(metric)
  const when = rangeWords(range)
  if (summary === undefined) return `${label}, ${when}: no readings.`
  const value = (one: number): string => withUnit(metric, one)
  const trend = summary.trend === undefined ? '' : `, ${trendWords(metric, summary.trend, span)}`
  return (
    `${label}, ${when}: ${value(summary.last)} at the end, between ${value(summary.min)} and ` +
    `${value(summary.max)}, ${value(summary.avg)} on average${trend}.`
  )
}
