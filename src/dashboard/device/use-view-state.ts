import { useEffect, useRef, useState } from 'preact/hooks'
import { hrefOf } from '../router.ts'
import {
  DEFAULT_RANGE,
  formatViewState,
  isSameRange,
  parseViewState,
  type ShownRange,
  type ViewState,
} from './shown-range.ts'

export interface ViewControl extends ViewState {
  /** A step that the browser's back button undoes. */
  setRange(range: ShownRange): void
  /** Moves along what is shown: no step of its own. */
  moveRange(range: ShownRange): void
  setMetric(metric: string): void
  /** To what was shown before the last zoom; undefined when nothing is zoomed. */
  readonly back: (() => void) | undefined
}

/** Metric and range of the view, kept in the address, so that a reload and a link show the same. */
export const useViewState = (id: string): ViewControl => {
  const [state, setState] = useState(() => parseViewState(location.hash))
  const before = useRef<ShownRange[]>([])

  useEffect(() => {
    const follow = (): void => {
      const next = parseViewState(location.hash)
      const at = before.current.findIndex((range) => isSameRange(range, next.range))
      before.current = at === -1 ? [] : before.current.slice(0, at)
      setState(next)
    }
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])

  const go = (next: ViewState, isStep: boolean): void => {
    const href = hrefOf({ name: 'device', id }) + formatViewState(next)
    if (isStep) history.pushState(null, '', href)
    else history.replaceState(null, '', href)
    setState(next)
  }

  const setRange = (range: ShownRange): void => {
    if (isSameRange(range, state.range)) return
    // What goes on with the clock is where zooming begins.
    before.current = range.kind === 'last' ? [] : [...before.current, state.range]
    go({ ...state, range }, true)
  }

  return {
    ...state,
    setRange,
    moveRange: (range) => {
      if (isSameRange(range, state.range)) return
      if (state.range.kind === 'last') setRange(range)
      else go({ ...state, range }, false)
    },
    setMetric: (metric) => go({ ...state, metric }, false),
    back:
      state.range.kind === 'last'
        ? undefined
        : () => go({ ...state, range: before.current.pop() ?? DEFAULT_RANGE }, true),
  }
}
