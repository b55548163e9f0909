import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useId, useMemo, useRef } from 'preact/hooks'
import { useDashboard } from '../context.ts'
import { latestValues } from '../format/latest-values.ts'
import { compareMetrics, formatMetric, metricWords } from '../format/metrics.ts'
import { moments } from '../format/times.ts'
import { Chart, type Point } from './chart.tsx'
import { ChartTools, rangeAfterKey } from './chart-tools.tsx'
import { ExportLinks } from './export-links.tsx'
import { FeedNotice } from './feed-notice.tsx'
import { Figures } from './figures.tsx'
import { createHistoryFeed } from './history-feed.ts'
import { MetricTabs } from './metric-tabs.tsx'
import { RangePicker } from './range-picker.tsx'
import { between, spanOf } from './shown-range.ts'
import { ShownTable } from './shown-table.tsx'
import { summaryOf } from './summary.ts'
import { summarySentence, withUnit } from './summary-words.ts'
import { useViewState } from './use-view-state.ts'

/** So many are asked for at a time; of the others the one that is chosen. */
const MOST_METRICS = 12

const readout = (metric: string, { at, min, max, avg }: Point): string => {
  const band =
    min === null || max === null ? '' : ` (${formatMetric(metric, min)} – ${formatMetric(metric, max)})`
  return `${moments.moment(at)} · ${withUnit(metric, avg)}${band}`
}

/** The metrics of one device over a stretch of time, one of them drawn. */
export const ReadingsPanel = ({ id }: { readonly id: string }) => {
  const dashboard = useDashboard()
  const { fleet, tick, now } = dashboard
  const control = useViewState(id)
  const { range } = control
  const feed = useMemo(() => createHistoryFeed({ ...dashboard, deviceId: id }), [dashboard, id])
  useEffect(() => feed.stop, [feed])
  const point = useSignal<Point | undefined>(undefined)
  const sentence = useId()

  const known = useComputed(() => {
    feed.revision.value
    const names = latestValues(fleet.device(id).value?.latest ?? null).map(([metric]) => metric)
    return [...new Set([...names, ...feed.metrics()])].sort(compareMetrics).join('\n')
  }).value
  const metrics = known === '' ? [] : known.split('\n')
  const metric = control.metric ?? metrics[0]
  const asked = useRef('')
  useEffect(() => {
    // Of a device with few metrics all; those that turn up later are among the next answer.
    const few = metrics.length <= MOST_METRICS
    const names = few || metric === undefined ? [] : [...new Set([metric, ...metrics])].slice(0, MOST_METRICS)
    const key = JSON.stringify([range, names])
    if (asked.current === key) return
    asked.current = key
    feed.show({ deviceId: id, range, metrics: names })
  }, [feed, range, metric, metrics.length > MOST_METRICS])

  // Once a second at least: what is shown goes on with the clock.
  tick.value
  feed.revision.value
  const span = spanOf(range, now())
  const line = metric === undefined ? undefined : feed.line(metric)
  const summary = line && summaryOf(line, span)
  const onKey = (key: string): boolean => {
    if (key === 'Escape' && control.back !== undefined) control.back()
    else {
      const next = rangeAfterKey(key, range, now())
      if (next === undefined) return false
      control.moveRange(next)
    }
    return true
  }

  return (
    <section class="panel readings" aria-label="Readings">
      <div class="readings-head">
        <RangePicker control={control} />
        <ChartTools control={control} />
      </div>
      {metric === undefined || line === undefined ? (
        <FeedNotice feed={feed} range={range} isEmpty={true} />
      ) : (
        <>
          <MetricTabs {...{ id, feed, metrics, span }} shown={metric} choose={control.setMetric} />
          <figure class="readings-figure" aria-label={`${metricWords(metric).label} over time`}>
            <p class="readout" aria-hidden="true">
              {point.value === undefined ? '\u00a0' : readout(metric, point.value)}
            </p>
            <Chart
              label={`Chart of ${metricWords(metric).label}. Arrow keys move it, plus and minus zoom, Escape goes back.`}
              describedBy={sentence}
              changed={[feed.revision, tick]}
              line={() => feed.line(metric)}
              span={() => spanOf(range, now())}
              value={(value) => formatMetric(metric, value)}
              onZoom={(from, to) => {
                const next = between(from, to)
                if (next !== undefined) control.setRange(next)
              }}
              onBack={() => control.back?.()}
              onPoint={(next) => {
                point.value = next
              }}
              onKey={onKey}
            />
            <FeedNotice feed={feed} range={range} isEmpty={summary === undefined} />
            <p id={sentence} class="visually-hidden">
              {summarySentence({ metric, range, span }, summary)}
            </p>
            <Figures metric={metric} summary={summary} span={span} />
          </figure>
          <div class="readings-foot">
            <ShownTable metric={metric} feed={feed} span={() => spanOf(range, now())} />
            <ExportLinks id={id} range={range} />
          </div>
        </>
      )}
    </section>
  )
}
