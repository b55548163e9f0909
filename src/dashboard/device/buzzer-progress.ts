/** How far a request to the buzzer has come. */
import type { BuzzerAnswer } from './device-answer.ts'

export interface Step {
  readonly word: string
  /** Since it was requested; null: nobody tells when. */
  readonly afterMs: number | null
}

export interface BuzzerProgress {
  readonly kind: 'waiting' | 'delivered' | 'done' | 'failed'
  /** Those that were reached, in order. */
  readonly steps: readonly Step[]
  /** What else there is to say. */
  readonly note: string | undefined
}

const REQUESTED: Step = { word: 'Requested', afterMs: 0 }

const deliveredStep = ({ requestedAt, deliveredAt }: BuzzerAnswer): readonly Step[] =>
  deliveredAt === null ? [] : [{ word: 'Delivered', afterMs: deliveredAt - requestedAt }]

const completed = (request: BuzzerAnswer): BuzzerProgress => {
  const { requestedAt, completedAt } = request
  const delivered = deliveredStep(request)
  return {
    kind: 'done',
    steps: [
      REQUESTED,
      // When a board was given it is not always known (on another node, behind another broker), but it was.
      ...(delivered.length > 0 ? delivered : [{ word: 'Delivered', afterMs: null }]),
      { word: 'Done', afterMs: completedAt === null ? null : completedAt - requestedAt },
    ],
    note: undefined,
  }
}

const failed = (request: BuzzerAnswer): BuzzerProgress => {
  const steps = [REQUESTED, ...deliveredStep(request)]
  if (request.status === 'cancelled')
    return { kind: 'failed', steps: [...steps, { word: 'Taken back', afterMs: null }], note: undefined }
  const note =
    request.deliveredAt === null
      ? 'The board never answered, so it may not have been reached. Is it on, and does it listen to its buzzer topic or poll?'
      : 'The board was given it, and did not say that it has beeped.'
  return { kind: 'failed', steps: [...steps, { word: 'Expired', afterMs: null }], note }
}

export const buzzerProgress = (request: BuzzerAnswer): BuzzerProgress => {
  if (request.status === 'completed') return completed(request)
  if (request.status !== 'pending') return failed(request)
  const delivered = deliveredStep(request)
  return delivered.length === 0
    ? { kind: 'waiting', steps: [REQUESTED], note: 'Waiting for the board…' }
    : { kind: 'delivered', steps: [REQUESTED, ...delivered], note: 'Waiting for the beep…' }
}

const QUICK_MS = 400
const QUICK_FOR_MS = 15_000
const SLOW_MS = 2_000

/** How soon to ask again how far it is; undefined: it is over. */
export const askAgainMs = (request: BuzzerAnswer | null, now: number): number | undefined => {
  if (request?.status !== 'pending') return undefined
  return now - request.requestedAt < QUICK_FOR_MS ? QUICK_MS : SLOW_MS
}
