/**
 * The lines of one device over what is shown: history, asked for anew when what is shown changes, when the live
 * connection is back, and from time to time (rows that came late, or more often than live values are told), and live
 * values joined to it.
 */
import { effect, type ReadonlySignal, signal } from '@preact/signals'
import type { Problem } from '../api.ts'
import type { Dashboard } from '../dashboard.ts'
import { type History, type HistoryRequest, requestHistory } from './history-request.ts'
import { createLiveValues } from './live-values.ts'
import { joinedLine, type Line, watermarkOf } from './series-join.ts'

export interface HistoryFeed {
  /** Rises with every change of what is below. */
  readonly revision: ReadonlySignal<number>
  /** Undefined until there is an answer for what is shown. */
  readonly history: ReadonlySignal<History | undefined>
  /** Why the last request failed; what was there before is still shown. */
  readonly problem: ReadonlySignal<Problem | undefined>
  line(metric: string): Line
  metrics(): readonly string[]
  show(request: HistoryRequest): void
  stop(): void
}

type FeedDeps = Pick<Dashboard, 'api' | 'fleet' | 'live' | 'now'> & { readonly deviceId: string }

/** Readings on their way into the database when the first answer was made are in the second. */
const SECOND_LOOK_MS = 4_000
const LOOK_MS = 60_000
const RETRY_MS = 5_000
/** That will be the answer to the next request as well. */
const LASTING: readonly Problem['kind'][] = ['forbidden', 'missing', 'unauthorized']

const isOver = ({ range }: HistoryRequest, now: number): boolean =>
  range.kind === 'between' && range.to < now - LOOK_MS

export const createHistoryFeed = ({ api, fleet, live, now, deviceId }: FeedDeps): HistoryFeed => {
  const revision = signal(0)
  const history = signal<History | undefined>(undefined)
  const problem = signal<Problem | undefined>(undefined)
  const values = createLiveValues()
  let shown: HistoryRequest | undefined
  let watermark = Number.NEGATIVE_INFINITY
  let asking = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isFirst = true

  // Without a look at its value, which would make whoever raises it follow it.
  const changed = (): void => {
    revision.value = revision.peek() + 1
  }

  const take = (answer: History, isWhole: boolean): void => {
    watermark = watermarkOf(answer.lines.values())
    if (isWhole) values.dropUntil(watermark)
    history.value = answer
    problem.value = undefined
    changed()
  }

  const plan = (inMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(look, inMs)
  }

  const look = async (): Promise<void> => {
    const request = shown
    if (request === undefined) return
    asking.abort()
    const mine = new AbortController()
    asking = mine
    clearTimeout(timer)
    const result = await requestHistory(api, request, {
      signal: mine.signal,
      first: (answer) => history.peek() === undefined && take(answer, false),
    })
    if (mine.signal.aborted) return
    if (!result.ok) {
      problem.value = result.problem
      const { kind } = result.problem
      if (!LASTING.includes(kind))
        plan(result.problem.kind === 'busy' ? result.problem.retryAfterMs : RETRY_MS)
      return
    }
    take(result.value, true)
    if (!isOver(request, now())) plan(isFirst ? SECOND_LOOK_MS : LOOK_MS)
    isFirst = false
  }

  const hear = (latest: Parameters<typeof values.add>[0] | null | undefined): void => {
    if (latest != null && values.add(latest)) changed()
  }
  const unlisten = fleet.onLatest((device) => device.deviceId === deviceId && hear(device.latest))
  const unfollow = effect(() => hear(fleet.device(deviceId).value?.latest))
  let wasLive = live.state.peek().kind === 'live'
  const unwatch = effect(() => {
    const isLive = live.state.value.kind === 'live'
    if (isLive && !wasLive) {
      isFirst = true
      void look()
    }
    wasLive = isLive
  })
  const seen = (): void => {
    if (!document.hidden) void look()
  }
  document.addEventListener('visibilitychange', seen)

  return {
    revision,
    history,
    problem,
    line: (metric) => joinedLine(history.peek()?.lines.get(metric), values.of(metric), watermark),
    metrics: () => [...new Set([...(history.peek()?.lines.keys() ?? []), ...values.metrics()])],
    show: (request) => {
      const isOther = shown === undefined || JSON.stringify(shown.range) !== JSON.stringify(request.range)
      shown = request
      isFirst = true
      if (isOther) {
        history.value = undefined
        changed()
      }
      void look()
    },
    stop: () => {
      shown = undefined
      clearTimeout(timer)
      asking.abort()
      unlisten()
      unfollow()
      unwatch()
      document.removeEventListener('visibilitychange', seen)
    },
  }
}
