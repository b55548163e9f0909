/**
 * One device's buzzer, as a state machine. It is built around the oldest boards (contract 5.1, Q8): they beep when
 * a poll says `pending` while they are idle, and become idle again only by a poll that does not. So at most one
 * request is pending, two requests are never shown without another answer between them, and a request that was
 * shown and is not completed ends by itself.
 *
 * Publishing a command over MQTT is no event here: a broker cannot tell whether the board listens, and a board that
 * polls must not have its time run out before its first poll. The clock runs from the first poll that was shown the
 * request; one that no poll is ever shown waits for its ack until it expires.
 *
 * Each event presumes that `time` was told first.
 */
import type { BuzzerRequest } from './buzzer.ts'
import type { DeviceId } from './reading.ts'

/**
 * A request shown to a poll lapses this long after it was first shown. The slowest board needs less: its beep
 * takes 250 ms, an echo read up to 1 s, and the PATCH may block for its whole time-out of 5 s.
 */
export const SHOWN_FOR_MS = 10_000

/** How long a request waits to be shown, when nobody says otherwise. */
export const WAITS_FOR_MS = 300_000

/** The longest a request may wait to be shown. */
export const MAX_WAITS_FOR_MS = 3_600_000

/** The beep of the older boards, in ms. */
export const DEFAULT_BEEP_MS = 250
export const MAX_BEEP_MS = 60_000

/**
 * - idle:    nothing is pending, and polls know it (or never saw anything pending).
 * - leaving: nothing is pending, but the last poll was shown a request: the next must be told before another one is.
 * - hidden:  a request is pending that the next poll is not shown yet, as it follows another.
 * - waiting: a request is pending, the next poll is shown it.
 * - shown:   a request is pending, a poll was shown it.
 */
export type BuzzerPhase = 'idle' | 'leaving' | 'hidden' | 'waiting' | 'shown'

export interface BuzzerState {
  readonly phase: BuzzerPhase
  /** The newest request: pending in `hidden`, `waiting` and `shown`, done with in the others. */
  readonly request: BuzzerRequest | undefined
}

export type BuzzerInput =
  | { readonly type: 'time'; readonly now: number }
  | { readonly type: 'poll'; readonly now: number }
  | ({ readonly type: 'request' } & BuzzerWish)
  /** `id` need not be the pending one: an older one changes nothing, a newer one completes what is older. */
  | { readonly type: 'complete'; readonly now: number; readonly id: number }
  /** The board is done with whatever is pending. */
  | { readonly type: 'ack'; readonly now: number }
  | { readonly type: 'cancel'; readonly now: number }

/** A request that comes in; `id` is used only when none is pending. */
export interface BuzzerWish {
  readonly id: number
  readonly deviceId: DeviceId
  readonly now: number
  readonly durationMs: number
  /** Epoch ms. */
  readonly expiresAt: number
}

export type BuzzerInputType = BuzzerInput['type']

type Step = (state: BuzzerState, input: BuzzerInput) => BuzzerState

export const IDLE: BuzzerState = { phase: 'idle', request: undefined }

/**
 * Whether a pending request has had its time. A clock that was set back by more than these spans ends it too: else
 * it would be pending for as long as the clock was set back.
 */
export const isOver = ({ deliveredAt, expiresAt }: BuzzerRequest, now: number): boolean =>
  deliveredAt === null
    ? now >= expiresAt || expiresAt - now > 2 * MAX_WAITS_FOR_MS
    : Math.abs(now - deliveredAt) >= SHOWN_FOR_MS

/** The request as one that was not done in time. */
export const lapsed = (request: BuzzerRequest, now: number): BuzzerRequest => ({
  ...request,
  status: 'lapsed',
  updatedAt: now,
})

/** The request as one that the board has done. */
export const completed = (request: BuzzerRequest, now: number): BuzzerRequest => ({
  ...request,
  status: 'completed',
  buzzedAt: now,
  updatedAt: now,
})

const stay: Step = (state) => state

const move =
  (phase: BuzzerPhase): Step =>
  ({ request }) => ({ phase, request })

const begin =
  (phase: 'waiting' | 'hidden'): Step =>
  (state, input) => {
    if (input.type !== 'request') return state
    const { id, deviceId, now, durationMs, expiresAt } = input
    const times = { requestedAt: now, createdAt: now, updatedAt: now, deliveredAt: null, buzzedAt: null }
    return { phase, request: { id, deviceId, status: 'pending', durationMs, expiresAt, ...times } }
  }

/** Joined, it waits for as long as the later one would have; its beep stays as it was asked for first. */
const join: Step = (state, input) => {
  const { phase, request } = state
  if (input.type !== 'request' || request === undefined || input.expiresAt <= request.expiresAt) return state
  return { phase, request: { ...request, expiresAt: input.expiresAt, updatedAt: input.now } }
}

const show: Step = ({ request }, { now }) => ({
  phase: 'shown',
  request: request && { ...request, deliveredAt: now, updatedAt: now },
})

const lapse =
  (phase: BuzzerPhase): Step =>
  (state, { now }) => {
    const { request } = state
    return request !== undefined && isOver(request, now) ? { phase, request: lapsed(request, now) } : state
  }

const cancel =
  (phase: BuzzerPhase): Step =>
  ({ request }, { now }) => ({
    phase,
    request: request && { ...request, status: 'cancelled', updatedAt: now },
  })

const finish =
  (phase: BuzzerPhase): Step =>
  (state, input) => {
    const { request } = state
    if (request === undefined || (input.type === 'complete' && input.id < request.id)) return state
    return { phase, request: completed(request, input.now) }
  }

/** The board did it after all: it lapsed or was cancelled, and counts as completed now. */
const finishLate: Step = (state, input) => {
  const { phase, request } = state
  if (input.type !== 'complete' || input.id !== request?.id || request.status === 'completed') return state
  return { phase, request: completed(request, input.now) }
}

const STEPS: { readonly [phase in BuzzerPhase]: { readonly [type in BuzzerInputType]: Step } } = {
  idle: {
    request: begin('waiting'),
    poll: stay,
    complete: finishLate,
    ack: stay,
    cancel: stay,
    time: stay,
  },
  leaving: {
    request: begin('hidden'),
    poll: move('idle'),
    complete: finishLate,
    ack: stay,
    cancel: stay,
    time: stay,
  },
  hidden: {
    request: join,
    poll: move('waiting'),
    complete: finish('leaving'),
    ack: finish('leaving'),
    cancel: cancel('leaving'),
    time: lapse('leaving'),
  },
  waiting: {
    request: join,
    poll: show,
    complete: finish('idle'),
    ack: finish('idle'),
    cancel: cancel('idle'),
    time: lapse('idle'),
  },
  shown: {
    request: join,
    poll: stay,
    complete: finish('leaving'),
    ack: finish('leaving'),
    cancel: cancel('leaving'),
    time: lapse('leaving'),
  },
}

/** What becomes of a state; the same object when nothing does. */
export const stepBuzzer = (state: BuzzerState, input: BuzzerInput): BuzzerState =>
  STEPS[state.phase][input.type](state, input)

/** The request that is pending. */
export const pendingOf = ({ request }: BuzzerState): BuzzerRequest | undefined =>
  request?.status === 'pending' ? request : undefined

/** What the poll that led to this state is shown: the id of the pending request, or nothing pending. */
export const shownBy = ({ phase, request }: BuzzerState): number | undefined =>
  phase === 'shown' ? request?.id : undefined

/**
 * The state of a device of which only its newest stored request is known. A pending one goes on where it was; it is
 * not hidden first, since a board that beeped for it before the restart would then beep again.
 */
export const restoredBuzzer = (request: BuzzerRequest): BuzzerState => {
  if (request.status !== 'pending') return { phase: 'idle', request }
  return { phase: request.deliveredAt === null ? 'waiting' : 'shown', request }
}
