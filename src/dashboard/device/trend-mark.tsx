import type { Trend } from './summary.ts'

const PATHS: { readonly [word in Trend['word']]: string } = {
  rising: 'M2 9.5 L9 2.5 M4 2.5 H9 V7.5',
  falling: 'M2 2.5 L9 9.5 M4 9.5 H9 V4.5',
  steady: 'M1.5 6 H10 M7 3 L10 6 L7 9',
}

/** An arrow and its word. */
export const TrendMark = ({ trend }: { readonly trend: Trend | undefined }) =>
  trend === undefined ? (
    <span class="trend">&nbsp;</span>
  ) : (
    <span class="trend">
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        <path
          d={PATHS[trend.word]}
          fill="none"
          stroke="currentColor"
          stroke-width="1.5"
          stroke-linecap="round"
        />
      </svg>
      {trend.word}
    </span>
  )
