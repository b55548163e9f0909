import { useMemo, useState } from 'preact/hooks'
import { formatMetric, metricWords } from '../format/metrics.ts'
import { moments } from '../format/times.ts'
import type { HistoryFeed } from './history-feed.ts'
import type { Span } from './shown-range.ts'
import { cellsWithin } from './summary.ts'

interface TableProps {
  readonly metric: string
  readonly feed: HistoryFeed
  readonly span: () => Span
}

const Rows = ({ metric, feed, span }: TableProps) => {
  const { label, unit } = metricWords(metric)
  // As of each answer: a table that changes with every value cannot be read.
  const history = feed.history.value
  const line = useMemo(() => feed.line(metric), [history, metric])
  const cells = cellsWithin(line, span())
  const hasBand = line.bucketMs !== null
  const format = (value: number): string => formatMetric(metric, value)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keys.
    <section class="shown-table" tabIndex={0} aria-label={`Values of ${label}`}>
      <table class="grid">
        <caption class="visually-hidden">
          {label}
          {unit !== '' && ` in ${unit}`}, newest first
        </caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {hasBand && <th scope="col">Min</th>}
            <th scope="col">{hasBand ? 'Average' : 'Value'}</th>
            {hasBand && <th scope="col">Max</th>}
          </tr>
        </thead>
        <tbody>
          {[...cells].reverse().map(({ t, min, avg, max }) => (
            <tr key={t}>
              <th scope="row">{moments.moment(t)}</th>
              {hasBand && <td>{format(min)}</td>}
              <td>{format(avg)}</td>
              {hasBand && <td>{format(max)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** What the chart draws, to be read. */
export const ShownTable = (props: TableProps) => {
  const [isOpen, setOpen] = useState(false)
  return (
    <details class="as-table" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Show as table</summary>
      {isOpen && <Rows {...props} />}
    </details>
  )
}
