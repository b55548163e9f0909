import { useDashboard } from '../context.ts'
import type { LiveState } from '../live/live-client.ts'

const WORDS: { readonly [kind in LiveState['kind']]: string } = {
  idle: 'Connecting',
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Not live',
  unavailable: 'Polling',
}

/** How current what is shown is, in a word; the banner tells the rest. */
export const LiveMark = () => {
  const { live, reach } = useDashboard()
  const { kind } = live.state.value
  const isAway = kind !== 'live' && reach.value.kind === 'failing'
  const shown = isAway ? 'lost' : kind
  return (
    <span class={`live-mark ${shown}`}>
      <i aria-hidden="true" />
      {isAway ? 'No connection' : WORDS[kind]}
    </span>
  )
}
