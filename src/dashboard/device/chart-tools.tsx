import { useDashboard } from '../context.ts'
import { panned, type ShownRange, zoomed } from './shown-range.ts'
import type { ViewControl } from './use-view-state.ts'

const STEP = 0.2

/** What a key makes of what is shown; undefined: nothing. */
export const rangeAfterKey = (key: string, range: ShownRange, now: number): ShownRange | undefined => {
  switch (key) {
    case 'ArrowLeft':
      return panned(range, -STEP, now)
    case 'ArrowRight':
      return panned(range, STEP, now)
    case '+':
    case '=':
      return zoomed(range, 0.5, now)
    case '-':
    case '_':
      return zoomed(range, 2, now)
    default:
      return undefined
  }
}

const TOOLS = [
  ['ArrowLeft', 'Earlier', 'M9.5 3 5 8l4.5 5'],
  ['ArrowRight', 'Later', 'M6.5 3 11 8l-4.5 5'],
  ['-', 'Show more', 'M3.5 8h9'],
  ['+', 'Show less', 'M3.5 8h9M8 3.5v9'],
] as const

/** What the keys and the mouse do on the chart, for whoever has a finger. */
export const ChartTools = ({ control }: { readonly control: ViewControl }) => {
  const { now } = useDashboard()
  const use = (key: string): void => {
    const next = rangeAfterKey(key, control.range, now())
    if (next !== undefined) control.moveRange(next)
  }
  return (
    <div class="chart-tools">
      {control.back !== undefined && (
        <button type="button" onClick={control.back}>
          Zoom out
        </button>
      )}
      <div class="tool-group">
        {TOOLS.map(([key, name, path]) => (
          <button
            key={key}
            type="button"
            aria-label={name}
            title={name}
            disabled={key === 'ArrowRight' && control.range.kind === 'last'}
            onClick={() => use(key)}
          >
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
              <path d={path} fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" />
            </svg>
          </button>
        ))}
      </div>
    </div>
  )
}
