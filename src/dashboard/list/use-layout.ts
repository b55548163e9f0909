import { useEffect, useState } from 'preact/hooks'

export interface Layout {
  /** Rows are cards, one below the other. */
  readonly isNarrow: boolean
  readonly rowHeight: number
  /** Metrics that have room for a column. */
  readonly metrics: number
  /** There is room for what has no column. */
  readonly hasOthers: boolean
}

/** As in list.css and cards.css, in CSS pixels. */
const NARROW_BELOW = 720
const OTHERS_FROM = 1_000
const ROW = 46
const CARD = 136
const FIXED_COLUMNS = 40 + 128 + 96 + 112
const OTHERS_COLUMN = 200
/** The name and the metrics share what is left; none gets less. */
const LEAST_COLUMN = 166
const MOST_METRICS = 6

export const layoutFor = (width: number): Layout => {
  if (width < NARROW_BELOW) return { isNarrow: true, rowHeight: CARD, metrics: 3, hasOthers: false }
  const hasOthers = width >= OTHERS_FROM
  const room = width - FIXED_COLUMNS - (hasOthers ? OTHERS_COLUMN : 0)
  const metrics = Math.min(MOST_METRICS, Math.max(1, Math.floor(room / LEAST_COLUMN) - 1))
  return { isNarrow: false, rowHeight: ROW, metrics, hasOthers }
}

export const useLayout = (): Layout => {
  const [layout, setLayout] = useState(() => layoutFor(innerWidth))
  useEffect(() => {
    const look = (): void => {
      const next = layoutFor(innerWidth)
      setLayout((before) =>
        before.isNarrow === next.isNarrow &&
        before.metrics === next.metrics &&
        before.hasOthers === next.hasOthers
          ? before
          : next,
      )
    }
    addEventListener('resize', look)
    return () => removeEventListener('resize', look)
  }, [])
  return layout
}
