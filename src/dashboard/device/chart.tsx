import type { ReadonlySignal } from '@preact/signals'
import { useSignalEffect } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Plot, PlotEvents } from '../chart/plot.ts'
import { type ChartColumns, chartColumns } from './chart-columns.ts'
import type { Line } from './series-join.ts'
import type { Span } from './shown-range.ts'

interface ChartProps {
  readonly label: string
  readonly describedBy: string
  /** What it depends on; read anew with each of these. */
  readonly changed: readonly ReadonlySignal<unknown>[]
  readonly line: () => Line
  readonly span: () => Span
  readonly value: (value: number) => string
  readonly onZoom: (from: number, to: number) => void
  readonly onBack: () => void
  readonly onPoint: (point: Point | undefined) => void
  readonly onKey: (key: string) => boolean
}

export interface Point {
  readonly at: number
  readonly min: number | null
  readonly max: number | null
  readonly avg: number
}

const pointAt = ([x, min, max, avg]: ChartColumns, index: number): Point | undefined => {
  const [at, value] = [x[index], avg[index]]
  return at === undefined || value == null
    ? undefined
    : { at, min: min[index] ?? null, max: max[index] ?? null, avg: value }
}

/** Follows its element's size and the colours of the system. */
const follow = (place: HTMLElement, plot: Plot): (() => void) => {
  const sizes = new ResizeObserver(() => plot.resize(place.clientWidth, place.clientHeight))
  sizes.observe(place)
  const dark = matchMedia('(prefers-color-scheme: dark)')
  dark.addEventListener('change', plot.recolour)
  return () => {
    sizes.disconnect()
    dark.removeEventListener('change', plot.recolour)
    plot.destroy()
  }
}

/** The chart, drawn at most once a frame. What draws it is loaded when the first is shown. */
export const Chart = (props: ChartProps) => {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | undefined>(undefined)
  const newest = useRef(props)
  newest.current = props
  const frame = useRef(0)
  const [failed, setFailed] = useState(false)

  const draw = (): void => {
    frame.current = 0
    const { line, span } = newest.current
    const shown = span()
    plot.current?.draw(chartColumns(line(), shown), shown)
  }
  const soon = (): void => {
    if (frame.current === 0) frame.current = requestAnimationFrame(draw)
  }

  useEffect(() => {
    const element = place.current
    if (element === null) return
    let columns: ChartColumns = [[], [], [], []]
    let end = (): void => undefined
    let isGone = false
    const events: PlotEvents = {
      select: (from, to) => newest.current.onZoom(from, to),
      back: () => newest.current.onBack(),
      point: (index) => newest.current.onPoint(index === undefined ? undefined : pointAt(columns, index)),
      value: (value) => newest.current.value(value),
    }
    const start = async (): Promise<void> => {
      const { createPlot } = await import('../chart/plot.ts')
      if (isGone) return
      const made = createPlot(element, events)
      plot.current = {
        ...made,
        draw: (next, span) => {
          columns = next
          made.draw(next, span)
        },
      }
      end = follow(element, made)
      draw()
    }
    start().catch(() => setFailed(true))
    return () => {
      isGone = true
      cancelAnimationFrame(frame.current)
      end()
    }
  }, [])

  useSignalEffect(() => {
    for (const one of props.changed) one.value
    soon()
  })
  useEffect(soon)

  const key = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (props.onKey(event.key)) event.preventDefault()
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: no element is a chart that can be moved.
    <div
      class="chart"
      role="group"
      aria-label={props.label}
      aria-describedby={props.describedBy}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is moved and zoomed by keys.
      tabIndex={0}
      onKeyDown={key}
    >
      <div ref={place} class="plot" aria-hidden="true" />
      {failed && <p class="chart-note">The chart could not be loaded: the server cannot be reached.</p>}
    </div>
  )
}
