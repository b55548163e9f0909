import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Problem } from '../api.ts'
import { useDashboard } from '../context.ts'
import { createPoll, type Poll } from '../poll.ts'
import { askAgainMs } from './buzzer-progress.ts'
import type { DeviceAnswer, DeviceDetail } from './device-answer.ts'

export interface DetailState {
  /** The newest answer, also while later requests fail. */
  readonly detail: Signal<DeviceDetail | undefined>
  readonly problem: Signal<Problem | undefined>
  /** Asks now. */
  readonly hurry: () => void
}

const EVERY_MS = 10_000
/** Of a camera: pictures come often. */
const PICTURES_MS = 3_000
const UNKNOWN_MS = 5_000

const nextAfter = (detail: DeviceDetail | undefined, now: number): number => {
  if (detail === undefined) return UNKNOWN_MS
  return askAgainMs(detail.buzzer, now) ?? (detail.frame === null ? EVERY_MS : PICTURES_MS)
}

/** Asks while the view is shown and the page is seen; often while a buzzer request is on its way. */
export const useDetail = (id: string): DetailState => {
  const { api, now } = useDashboard()
  const detail = useSignal<DeviceDetail | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const poll = useRef<Poll | undefined>(undefined)

  useEffect(() => {
    const mine = createPoll<DeviceAnswer>({
      ask: (signal) => api.request<DeviceAnswer>(`/api/v1/devices/${encodeURIComponent(id)}`, { signal }),
      take: (result) => {
        problem.value = result.ok ? undefined : result.problem
        if (result.ok) detail.value = result.value.device
      },
      intervalMs: () => nextAfter(detail.peek(), now()),
    })
    poll.current = mine
    const follow = (): void => {
      if (document.hidden) mine.stop()
      else mine.start()
    }
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      mine.stop()
    }
  }, [api, id])

  return { detail, problem, hurry: () => poll.current?.hurry() }
}
