import { useComputed } from '@preact/signals'
import { useDashboard } from '../context.ts'
import { moments } from '../format/times.ts'
import { trouble } from './trouble.ts'

/** Says what is not as it should be between the page and Sluice. Read out once when it changes, not with every try. */
export const Banner = () => {
  const { live, reach, session } = useDashboard()
  const shown = useComputed(() => {
    const { kind } = session.state.value
    return kind === 'open' || kind === 'signed-in'
      ? trouble(live.state.value, reach.value, moments.time)
      : undefined
  }).value
  return (
    <div role="status" class="banner-place">
      {shown !== undefined && <p class={`banner ${shown.level}`}>{shown.text}</p>}
    </div>
  )
}
