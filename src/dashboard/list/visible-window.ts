/** Which rows of a long list are drawn. Pure; lengths are in CSS pixels. */

export interface Scroll {
  /** How far the list's first row is above the upper edge of what is seen; negative when it is below. */
  readonly offset: number
  readonly height: number
}

export interface RowWindow {
  /** The first row that is drawn, and the one behind the last. */
  readonly first: number
  readonly end: number
}

/** Rows beyond each edge, so that a scroll shows rows and not a gap. */
const BEYOND = 8

/** In steps of a few rows: most scrolls change nothing. */
const STEP = 4

export const visibleWindow = (count: number, rowHeight: number, { offset, height }: Scroll): RowWindow => {
  const top = Math.floor(offset / rowHeight) - BEYOND
  const bottom = Math.ceil((offset + height) / rowHeight) + BEYOND
  const first = Math.min(count, Math.max(0, Math.floor(top / STEP) * STEP))
  const end = Math.min(count, Math.max(first, Math.ceil(bottom / STEP) * STEP))
  return { first, end }
}
