/** The chart by uPlot: a line, the band from least to greatest around it, and a stretch that can be dragged over. */
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { ChartColumns } from '../device/chart-columns.ts'
import type { Span } from '../device/shown-range.ts'
import { createTimeLabels } from './time-axis.ts'
import { tickLabels } from './value-axis.ts'

export interface PlotEvents {
  /** A stretch was dragged over; epoch ms. */
  readonly select: (from: number, to: number) => void
  readonly back: () => void
  /** Which of the columns is pointed at; undefined: none. */
  readonly point: (index: number | undefined) => void
}

export interface Plot {
  draw(columns: ChartColumns, span: Span): void
  resize(width: number, height: number): void
  /** Colours have changed. */
  recolour(): void
  destroy(): void
}

const LEAST_DRAG_PX = 6
const X_TICK_PX = 74
const Y_TICK_PX = 34
const CHARACTER_PX = 7
const TICK_ROOM_PX = 18

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name)

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'

const axes = (): uPlot.Axis[] => {
  const { labels } = createTimeLabels()
  const look = {
    stroke: () => colour('--muted'),
    font: FONT,
    grid: { stroke: () => colour('--chart-grid'), width: 1 },
    ticks: { show: false },
  }
  return [
    {
      ...look,
      space: X_TICK_PX,
      size: 30,
      gap: 6,
      grid: { show: false },
      values: (_plot, ticks, _axis, _space, step) => [...labels(ticks, step)],
    },
    {
      ...look,
      space: Y_TICK_PX,
      gap: 8,
      values: (_plot, ticks) => [...tickLabels(ticks)],
      size: (_plot, texts) =>
        TICK_ROOM_PX + CHARACTER_PX * Math.max(3, ...(texts ?? []).map((text) => text.length)),
    },
  ]
}

/** The column that is the line; the others are the edges of its band. */
const LINE = 3

const ofLine = (name: string) => (_plot: uPlot, column: number) =>
  column === LINE ? colour(name) : 'transparent'

/** Where values are dense, those alone that no line leads to; else all (null). */
const loneOnes: uPlot.Series.Points.Filter = (plot, column, isSparse) => {
  if (isSparse) return null
  const values = plot.data[column] ?? []
  const has = (index: number): boolean => values[index] != null
  return [...values.keys()].filter((index) => has(index) && !has(index - 1) && !has(index + 1))
}

const series = (): uPlot.Series[] => {
  const edge = (): uPlot.Series => ({ stroke: 'transparent', width: 0, pxAlign: 0, points: { show: false } })
  const line = () => colour('--accent')
  return [
    {},
    edge(),
    edge(),
    {
      stroke: line,
      width: 1.75,
      pxAlign: 0,
      points: { size: 5, width: 0, fill: line, stroke: line, filter: loneOnes },
    },
  ]
}

/** Not flat on the edge, and never without height. */
const room: uPlot.Range.Function = (_plot, min, max) => {
  if (min == null || max == null) return [0, 1]
  const pad = (max - min) * 0.08 || Math.abs(max) * 0.05 || 1
  return [min - pad, max + pad]
}

export const createPlot = (place: HTMLElement, events: PlotEvents): Plot => {
  let span: Span = { from: 0, to: 1 }
  let fresh = true
  const plot = new uPlot(
    {
      width: place.clientWidth || 600,
      height: place.clientHeight || 300,
      ms: 1,
      legend: { show: false },
      padding: [10, 14, 0, 0],
      scales: { x: { time: true, range: () => [span.from, span.to] }, y: { range: room } },
      axes: axes(),
      series: series(),
      bands: [{ series: [2, 1], fill: () => colour('--chart-band') as unknown as CanvasGradient }],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG_PX },
        points: { size: 8, width: 2, stroke: ofLine('--surface'), fill: ofLine('--accent') },
        bind: {
          dblclick: () => () => {
            events.back()
            return null
          },
        },
      },
      hooks: {
        setSelect: [
          ({ select, posToVal }) => {
            if (select.width < LEAST_DRAG_PX) return
            events.select(posToVal(select.left, 'x'), posToVal(select.left + select.width, 'x'))
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          },
        ],
        setCursor: [({ cursor }) => events.point(fresh ? undefined : (cursor.idx ?? undefined))],
      },
    },
    [[], [], [], []],
    place,
  )
  fresh = false

  return {
    draw: (columns, next) => {
      span = next
      plot.setData(columns as uPlot.AlignedData)
    },
    resize: (width, height) => plot.setSize({ width, height }),
    recolour: () => plot.redraw(false),
    destroy: () => plot.destroy(),
  }
}
