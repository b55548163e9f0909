import { useEffect, useState } from 'preact/hooks'

export interface Layout {
  /** Rows are cards, one below the other. */
  readonly isNarrow: boolean
  readonly rowHeight: number
  /** Metrics that have room for a column. */
  readonly metrics: number
}

/** As in list.css. */
const NARROW_BELOW = 720
const ROW_PX = 46
const CARD_PX = 112

const layoutFor = (width: number): Layout => {
  if (width < NARROW_BELOW) return { isNarrow: true, rowHeight: CARD_PX, metrics: 3 }
  const metrics = width < 900 ? 1 : width < 1_060 ? 2 : width < 1_240 ? 3 : 4
  return { isNarrow: false, rowHeight: ROW_PX, metrics }
}

export const useLayout = (): Layout => {
  const [layout, setLayout] = useState(() => layoutFor(innerWidth))
  useEffect(() => {
    const look = (): void => {
      const next = layoutFor(innerWidth)
      setLayout((before) =>
        before.isNarrow === next.isNarrow && before.metrics === next.metrics ? before : next,
      )
    }
    addEventListener('resize', look)
    return () => removeEventListener('resize', look)
  }, [])
  return layout
}
