import { useEffect, useState } from 'preact/hooks'
import type { Problem } from '../api.ts'
import { useDashboard } from '../context.ts'
import { createPoll } from '../poll.ts'
import type { SystemAnswer } from './system-answer.ts'

export interface SystemState {
  /** The newest answer, also while later requests fail. */
  readonly answer: SystemAnswer | undefined
  readonly problem: Problem | undefined
  /** Of the last few minutes, oldest first. */
  readonly rates: readonly SystemAnswer['rates'][]
}

const EVERY_MS = 2_000
/** Five minutes. */
const KEPT = 150
const LASTING: readonly Problem['kind'][] = ['forbidden', 'missing']
const NOTHING: SystemState = { answer: undefined, problem: undefined, rates: [] }

/** Asks every two seconds while the view is shown and the page is seen. */
export const useSystem = (): SystemState => {
  const { api } = useDashboard()
  const [state, setState] = useState(NOTHING)

  useEffect(() => {
    const poll = createPoll<SystemAnswer>({
      ask: (signal) => api.request<SystemAnswer>('/api/v1/system/overview', { signal }),
      take: (result) => {
        // That will be the answer to every other request as well, and is counted as one turned away.
        if (!result.ok && LASTING.includes(result.problem.kind)) poll.stop()
        setState((before) =>
          result.ok
            ? {
                answer: result.value,
                problem: undefined,
                rates: [...before.rates, result.value.rates].slice(-KEPT),
              }
            : { ...before, problem: result.problem },
        )
      },
      intervalMs: () => EVERY_MS,
    })
    const follow = (): void => {
      if (document.hidden) poll.stop()
      else poll.start()
    }
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      poll.stop()
    }
  }, [api])

  return state
}
