import type { ReadonlySignal } from '@preact/signals'
import { formatAgo, moments } from '../format/times.ts'

interface Props {
  /** Epoch ms; 0: not known. */
  readonly at: number
  readonly tick: ReadonlySignal<number>
}

/** Goes on with the clock, without the row around it being drawn anew. */
export const LastSeen = ({ at, tick }: Props) => (
  <time title={at > 0 ? moments.moment(at) : undefined}>{at > 0 ? formatAgo(tick.value - at) : '–'}</time>
)
