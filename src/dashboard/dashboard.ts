/** Everything behind the views, put together once. What each part does is in its own file. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { HealthAnswer, OverviewAnswer } from './answers.ts'
import type { Api, Result } from './api.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { EVERYTHING, type Filter } from './list/order.ts'
import { createLiveClient, type LiveClient, type Login } from './live/live-client.ts'
import { openMqtt, preloadMqtt } from './live/mqtt-connection.ts'
import { createPoll } from './poll.ts'
import type { Reach } from './reach.ts'
import { isSameView, parseHash, type View } from './router.ts'
import { createSession, type Session } from './session.ts'

export interface Dashboard {
  readonly session: Session
  readonly api: Api
  readonly fleet: Fleet
  readonly live: LiveClient
  readonly reach: ReadonlySignal<Reach>
  /** Undefined until it was answered. */
  readonly health: ReadonlySignal<HealthAnswer | undefined>
  readonly view: ReadonlySignal<View>
  /** Epoch ms by the server's clock, one tick a second: what "12 s ago" is told by. */
  readonly tick: ReadonlySignal<number>
  /** Epoch ms by the server's clock, now. */
  readonly now: () => number
  /** What the list is narrowed down to: it outlives a look at a device. */
  readonly listFilter: Signal<Filter>
  /** Asks for the devices now. */
  readonly refresh: () => void
}

const WITH_LIVE_MS = 30_000
/** Without live values the overview is all there is. */
const WITHOUT_LIVE_MS = 4_000
const HIDDEN_MS = 60_000
const HEALTH_MS = 30_000
const TICK_MS = 1_000

const onNextFrame = (run: () => void): void => {
  // A page that nobody sees gets no frames, and has nothing to draw.
  if (document.hidden) setTimeout(run, TICK_MS)
  else requestAnimationFrame(run)
}

export const createDashboard = (): Dashboard => {
  const clock = (): number => Date.now()
  const session = createSession({ storage: sessionStorage, clock, fetch: (path, init) => fetch(path, init) })
  const { api } = session
  const live = createLiveClient({
    open: openMqtt,
    clock,
    random: Math.random,
    refused: session.doubt,
  })
  const offset = signal(0)
  const now = (): number => clock() + offset.peek()
  const reach = signal<Reach>({ kind: 'unknown' })
  const health = signal<HealthAnswer | undefined>(undefined)
  const view = signal<View>(parseHash(location.hash))
  const tick = signal(now())
  const listFilter = signal(EVERYTHING)

  const fleet = createFleet({ schedule: onNextFrame, now, discovered: () => overview.hurry() })

  const takeOverview = (result: Result<OverviewAnswer>): void => {
    if (result.ok) {
      offset.value = result.value.now - clock()
      fleet.takeOverview(result.value)
      reach.value = { kind: 'ok', at: clock() }
    } else if (result.problem.kind !== 'unauthorized') {
      const before = reach.peek()
      const since = before.kind === 'failing' ? before.since : before.kind === 'ok' ? before.at : clock()
      reach.value = { kind: 'failing', since, problem: result.problem }
    }
  }

  const overview = createPoll<OverviewAnswer>({
    ask: (signal) => {
      fleet.overviewAsked()
      return api.request<OverviewAnswer>('/api/v1/overview', { signal })
    },
    take: takeOverview,
    intervalMs: () => {
      if (document.hidden) return HIDDEN_MS
      return live.state.peek().kind === 'live' && reach.peek().kind === 'ok' ? WITH_LIVE_MS : WITHOUT_LIVE_MS
    },
  })

  /** Where live values are to be had is told by /health; when that does not answer it is tried all the same. */
  const wasHealthAsked = signal(false)
  const healthPoll = createPoll<HealthAnswer>({
    ask: (signal) => api.request<HealthAnswer>('/health', { signal }),
    take: (result) => {
      if (result.ok) health.value = result.value
      wasHealthAsked.value = true
    },
    intervalMs: () => (health.peek() === undefined ? WITHOUT_LIVE_MS : HEALTH_MS),
  })

  /** Undefined: not yet, or not at all. */
  const login = computed<Login | 'anonymous' | undefined>(() => {
    const state = session.state.value
    if (state.kind === 'open') return 'anonymous'
    return state.kind === 'signed-in' ? { username: state.name, password: state.token } : undefined
  })
  const isAdmitted = computed(() => login.value !== undefined)
  const isExternal = computed(() => health.value?.parts.broker.broker !== undefined)

  live.subscribe('sensors/+/latest', fleet.takeLatest)
  live.subscribe('devices/+/status', fleet.takeStatus)

  effect(() => {
    if (isAdmitted.value) overview.start()
    else {
      overview.stop()
      fleet.clear()
      reach.value = { kind: 'unknown' }
    }
  })
  effect(() => {
    const as = login.value
    if (isExternal.value) live.unavailable()
    else if (as === undefined || !wasHealthAsked.value) live.disconnect()
    else live.connect(as === 'anonymous' ? undefined : as)
  })
  // Right after live values stop or come back, the overview tells what was missed.
  let wasLive = false
  effect(() => {
    const isLive = live.state.value.kind === 'live'
    if (isLive !== wasLive) overview.hurry()
    wasLive = isLive
  })

  addEventListener('hashchange', () => {
    const next = parseHash(location.hash)
    // What changed may be behind the `?` alone, which is the view's own.
    if (!isSameView(next, view.peek())) view.value = next
  })
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) overview.hurry()
  })
  setInterval(() => {
    if (!document.hidden) tick.value = now()
  }, TICK_MS)
  preloadMqtt()
  healthPoll.start()
  session.start()

  return { session, api, fleet, live, reach, health, view, tick, now, listFilter, refresh: overview.hurry }
}
