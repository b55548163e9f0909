import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Role } from '../answers.ts'
import { useDashboard } from '../context.ts'
import { numbers } from '../format/numbers.ts'
import { formatAgo, formatSpan } from '../format/times.ts'
import { Panel } from '../system/panel.tsx'
import { type BuzzerProgress, buzzerProgress } from './buzzer-progress.ts'
import type { BuzzerAnswer } from './device-answer.ts'
import type { DetailState } from './use-detail.ts'

interface BuzzerProps {
  readonly id: string
  /** The board, as far as anyone knows. */
  readonly isThere: boolean
  readonly state: DetailState
}

/** Those that may let a buzzer beep. */
const MAY_BUZZ: readonly Role[] = ['anonymous', 'dashboard', 'operator', 'admin']
/** Of those, who also hears that a board is done, in that moment. */
const MAY_HEAR: readonly Role[] = ['anonymous', 'operator', 'admin']

/** What takes less than a minute, to the tenth of a second. */
const exactly = (ms: number): string =>
  ms >= 1_000 && ms < 60_000 ? `${numbers.fixed(ms / 1_000, 1)} s` : formatSpan(ms)

const Steps = ({ progress }: { readonly progress: BuzzerProgress }) => (
  <ol class={`steps ${progress.kind}`}>
    {progress.steps.map(({ word, afterMs }, i) => (
      <li key={word}>
        <i aria-hidden="true" />
        <span>{word}</span>
        {i > 0 && afterMs !== null && (
          <span class="after">{afterMs === 0 ? 'at once' : `after ${exactly(afterMs)}`}</span>
        )}
      </li>
    ))}
    {progress.note !== undefined && progress.kind !== 'failed' && (
      <li class="next">
        <i aria-hidden="true" />
        <span>{progress.note}</span>
      </li>
    )}
  </ol>
)

interface NewestProps {
  readonly request: BuzzerAnswer
  /** Not asked for by whoever looks, and over: it is told when it was. */
  readonly isOld: boolean
}

const Newest = ({ request, isOld }: NewestProps) => {
  const { tick } = useDashboard()
  const progress = buzzerProgress(request)
  return (
    <>
      {isOld && <p class="hint">Last beep asked for {formatAgo(tick.value - request.requestedAt)}</p>}
      <Steps progress={progress} />
      {progress.kind === 'failed' && progress.note !== undefined && <p class="hint">{progress.note}</p>}
    </>
  )
}

/** Asks the board to beep, and tells how far that has come. */
export const BuzzerPanel = ({ id, isThere, state }: BuzzerProps) => {
  const { api, live, session } = useDashboard()
  const asked = useSignal<BuzzerAnswer | undefined>(undefined)
  const isAsking = useSignal(false)
  const problem = useSignal<string | undefined>(undefined)
  const who = session.state.value
  const role: Role = who.kind === 'signed-in' ? who.role : 'anonymous'
  const mayHear = MAY_HEAR.includes(role)
  useEffect(
    () => (mayHear ? live.subscribe(`buzzer/${id}/ack`, state.hurry) : undefined),
    [id, live, mayHear],
  )

  const told = state.detail.value?.buzzer ?? null
  const mine = asked.value
  const newest = mine !== undefined && (told === null || told.id < mine.id) ? mine : told
  const isPending = newest?.status === 'pending'
  const mayBuzz = MAY_BUZZ.includes(role)

  const send = async (path: string, body: object): Promise<void> => {
    isAsking.value = true
    problem.value = undefined
    const result = await api.request<{ readonly id?: number; readonly requestedAt?: number }>(path, {
      method: 'POST',
      body,
    })
    isAsking.value = false
    if (!result.ok) problem.value = result.problem.message
    else if (result.value.id !== undefined && result.value.requestedAt !== undefined) {
      const { id: requestId, requestedAt } = result.value
      const times = { deliveredAt: null, completedAt: null, expiresAt: requestedAt }
      asked.value = { id: requestId, status: 'pending', requestedAt, ...times }
    }
    state.hurry()
  }
  const beep = (): void => {
    if (!isAsking.peek() && mayBuzz) void send('/api/v1/buzzer/request', { deviceId: id })
  }

  return (
    <Panel title="Buzzer">
      <div class="buzzer-buttons">
        <button
          type="button"
          class="primary"
          aria-disabled={isAsking.value || isPending || !mayBuzz}
          onClick={isPending ? undefined : beep}
        >
          Beep
        </button>
        {isPending && mayBuzz && (
          <button
            type="button"
            class="quiet"
            onClick={() => send('/api/v1/buzzer/control', { deviceId: id, status: false })}
          >
            Take back
          </button>
        )}
      </div>
      {!mayBuzz && (
        <p class="hint">Your role may not let a buzzer beep: dashboard, operator and admin may.</p>
      )}
      {mayBuzz && !isThere && (
        <p class="hint">The board is not connected: it beeps when it is back within five minutes.</p>
      )}
      <div role="status" aria-label="Buzzer" class="buzzer-state">
        {newest !== null && <Newest request={newest} isOld={!isPending && newest.id !== mine?.id} />}
        {problem.value !== undefined && <p class="problem">It could not be asked: {problem.value}.</p>}
      </div>
    </Panel>
  )
}
