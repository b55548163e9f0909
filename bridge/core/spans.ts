/** Spans of time as sets: sorted, apart from each other, none of them empty. */
import type { Span } from './range.ts'

const isSome = ({ from, to }: Span): boolean => from < to

/** Any spans as such a set. */
export const spansOf = (spans: readonly Span[]): readonly Span[] => {
  const joined: { from: number; to: number }[] = []
  for (const { from, to } of spans.filter(isSome).toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else joined.push({ from, to })
  }
  return joined
}

/** What of the spans lies in `bounds`. */
export const within = (spans: readonly Span[], bounds: Span): readonly Span[] =>
  spans
    .map(({ from, to }) => ({ from: Math.max(from, bounds.from), to: Math.min(to, bounds.to) }))
    .filter(isSome)

/** What of the spans lies in none of the holes; both are sets. */
export const without = (spans: readonly Span[], holes: readonly Span[]): readonly Span[] => {
  const left: Span[] = []
  let hole = 0
  for (const { from, to } of spans) {
    let at = from
    while ((holes[hole]?.to ?? Number.POSITIVE_INFINITY) <= at) hole += 1
    for (let next = hole; (holes[next]?.from ?? Number.POSITIVE_INFINITY) < to; next++) {
      const { from: start, to: end } = holes[next] ?? { from: to, to }
      if (at < start) left.push({ from: at, to: start })
      at = Math.max(at, end)
    }
    if (at < to) left.push({ from: at, to })
  }
  return left
}

/** The whole units inside each span. */
export const inward = (spans: readonly Span[], unit: number): readonly Span[] =>
  spans
    .map(({ from, to }) => ({ from: Math.ceil(from / unit) * unit, to: Math.floor(to / unit) * unit }))
    .filter(isSome)

/** The whole units that hold the spans. */
export const outward = (spans: readonly Span[], unit: number): readonly Span[] =>
  spansOf(
    spans.map(({ from, to }) => ({ from: Math.floor(from / unit) * unit, to: Math.ceil(to / unit) * unit })),
  )
