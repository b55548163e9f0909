import type { HistoryFeed } from './history-feed.ts'
import type { ShownRange } from './shown-range.ts'
import { rangeWords } from './summary-words.ts'

interface NoticeProps {
  readonly feed: HistoryFeed
  readonly range: ShownRange
  /** Nothing is drawn. */
  readonly isEmpty: boolean
}

/** What there is to say of the history instead of it, or beside it. */
export const FeedNotice = ({ feed, range, isEmpty }: NoticeProps) => {
  const problem = feed.problem.value
  const history = feed.history.value
  if (problem !== undefined && problem.kind !== 'aborted' && problem.kind !== 'unauthorized')
    return (
      <p class="chart-note warning" role="status">
        History is not available: {problem.message.replace(/\.$/, '')}. Live values go on.
      </p>
    )
  if (history === undefined) return isEmpty ? <p class="chart-note loading">Loading history…</p> : null
  if (isEmpty) return <p class="chart-note">No readings in {rangeWords(range)}.</p>
  return history.note === undefined ? null : <p class="chart-note">{history.note}.</p>
}
