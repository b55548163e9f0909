import type { Problem } from '../api.ts'
import { useDashboard } from '../context.ts'
import type { HistoryFeed } from './history-feed.ts'
import type { ShownRange } from './shown-range.ts'
import { rangeWords } from './summary-words.ts'

interface NoticeProps {
  readonly feed: HistoryFeed
  readonly range: ShownRange
  /** Nothing is drawn. */
  readonly isEmpty: boolean
}

const TOLD_ELSEWHERE: readonly Problem['kind'][] = ['unreachable', 'timeout']

const sentence = (message: string): string =>
  `${message.charAt(0).toLowerCase()}${message.slice(1).replace(/\.$/, '')}.`

/** What there is to say of the history instead of it, or beside it. */
export const FeedNotice = ({ feed, range, isEmpty }: NoticeProps) => {
  const { live } = useDashboard()
  const problem = feed.problem.value
  const history = feed.history.value
  const isLive = live.state.value.kind === 'live'
  // A server that is away is told at the head of the page.
  const isTold = problem !== undefined && (isLive || !TOLD_ELSEWHERE.includes(problem.kind))
  if (problem !== undefined && isTold && problem.kind !== 'aborted' && problem.kind !== 'unauthorized')
    return (
      <p class="chart-note warning" role="status">
        History is not available: {sentence(problem.message)} {isLive && 'Live values go on.'}
      </p>
    )
  if (feed.isLoading.value) return isEmpty ? <p class="chart-note loading">Loading history…</p> : null
  if (isEmpty) return <p class="chart-note">No readings {rangeWords(range)}.</p>
  return history?.note === undefined ? null : <p class="chart-note">{history.note}.</p>
}
