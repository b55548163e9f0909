import { describe, expect, test } from '@jest/globals'
import {
  type BuzzerInput,
  type BuzzerState,
  IDLE,
  isOver,
  MAX_WAITS_FOR_MS,
  pendingOf,
  restoredBuzzer,
  SHOWN_FOR_MS,
  shownBy,
  stepBuzzer,
  WAITS_FOR_MS,
} from '../../../../bridge/core/buzzer-state.ts'
import { requestOf } from './buzzer-samples.ts'
import { id, T0 } from './samples.ts'

const STATES = {
  empty: IDLE,
  'idle, completed': { phase: 'idle', request: requestOf({ status: 'completed', buzzedAt: T0 }) },
  'idle, lapsed': { phase: 'idle', request: requestOf({ status: 'lapsed' }) },
  'leaving, completed': { phase: 'leaving', request: requestOf({ status: 'completed', buzzedAt: T0 }) },
  'leaving, cancelled': { phase: 'leaving', request: requestOf({ status: 'cancelled' }) },
  hidden: { phase: 'hidden', request: requestOf() },
  waiting: { phase: 'waiting', request: requestOf() },
  shown: { phase: 'shown', request: requestOf({ deliveredAt: T0 }) },
} as const satisfies { readonly [name: string]: BuzzerState }

const NOW = T0 + 1_000
const wish = { id: 11, deviceId: id('esp32-1'), durationMs: 400 } as const

const INPUTS = {
  request: { type: 'request', ...wish, now: NOW, expiresAt: NOW + WAITS_FOR_MS },
  'request that expires sooner': { type: 'request', ...wish, now: NOW, expiresAt: NOW + 1 },
  poll: { type: 'poll', now: NOW },
  'complete older': { type: 'complete', now: NOW, id: 9 },
  'complete own': { type: 'complete', now: NOW, id: 10 },
  'complete newer': { type: 'complete', now: NOW, id: 12 },
  ack: { type: 'ack', now: NOW },
  cancel: { type: 'cancel', now: NOW },
  'time, a little': { type: 'time', now: NOW },
  'time, 10 s': { type: 'time', now: T0 + SHOWN_FOR_MS },
  'time, 5 min': { type: 'time', now: T0 + WAITS_FOR_MS },
} as const satisfies { readonly [name: string]: BuzzerInput }

/** Phase, id, status, and whether the poll that led here is shown a request; `=` is the very same state. */
type Expected = '=' | string

const EXPECTED: Record<keyof typeof STATES, Record<keyof typeof INPUTS, Expected>> = {
  empty: {
    request: 'waiting 11 pending',
    'request that expires sooner': 'waiting 11 pending',
    poll: '=',
    'complete older': '=',
    'complete own': '=',
    'complete newer': '=',
    ack: '=',
    cancel: '=',
    'time, a little': '=',
    'time, 10 s': '=',
    'time, 5 min': '=',
  },
  'idle, completed': {
    request: 'waiting 11 pending',
    'request that expires sooner': 'waiting 11 pending',
    poll: '=',
    'complete older': '=',
    'complete own': '=',
    'complete newer': '=',
    ack: '=',
    cancel: '=',
    'time, a little': '=',
    'time, 10 s': '=',
    'time, 5 min': '=',
  },
  'idle, lapsed': {
    request: 'waiting 11 pending',
    'request that expires sooner': 'waiting 11 pending',
    poll: '=',
    'complete older': '=',
    'complete own': 'idle 10 completed',
    'complete newer': '=',
    ack: '=',
    cancel: '=',
    'time, a little': '=',
    'time, 10 s': '=',
    'time, 5 min': '=',
  },
  'leaving, completed': {
    request: 'hidden 11 pending',
    'request that expires sooner': 'hidden 11 pending',
    poll: 'idle 10 completed',
    'complete older': '=',
    'complete own': '=',
    'complete newer': '=',
    ack: '=',
    cancel: '=',
    'time, a little': '=',
    'time, 10 s': '=',
    'time, 5 min': '=',
  },
  'leaving, cancelled': {
    request: 'hidden 11 pending',
    'request that expires sooner': 'hidden 11 pending',
    poll: 'idle 10 cancelled',
    'complete older': '=',
    'complete own': 'leaving 10 completed',
    'complete newer': '=',
    ack: '=',
    cancel: '=',
    'time, a little': '=',
    'time, 10 s': '=',
    'time, 5 min': '=',
  },
  hidden: {
    request: 'hidden 10 pending',
    'request that expires sooner': '=',
    poll: 'waiting 10 pending',
    'complete older': '=',
    'complete own': 'leaving 10 completed',
    'complete newer': 'leaving 10 completed',
    ack: 'leaving 10 completed',
    cancel: 'leaving 10 cancelled',
    'time, a little': '=',
    'time, 10 s': '=',
    'time, 5 min': 'leaving 10 lapsed',
  },
  waiting: {
    request: 'waiting 10 pending',
    'request that expires sooner': '=',
    poll: 'shown 10 pending, and told',
    'complete older': '=',
    'complete own': 'idle 10 completed',
    'complete newer': 'idle 10 completed',
    ack: 'idle 10 completed',
    cancel: 'idle 10 cancelled',
    'time, a little': '=',
    'time, 10 s': '=',
    'time, 5 min': 'idle 10 lapsed',
  },
  shown: {
    request: 'shown 10 pending, and told',
    'request that expires sooner': '=',
    poll: '=',
    'complete older': '=',
    'complete own': 'leaving 10 completed',
    'complete newer': 'leaving 10 completed',
    ack: 'leaving 10 completed',
    cancel: 'leaving 10 cancelled',
    'time, a little': '=',
    'time, 10 s': 'leaving 10 lapsed',
    'time, 5 min': 'leaving 10 lapsed',
  },
}

const told = (state: BuzzerState): string =>
  `${state.phase} ${state.request?.id} ${state.request?.status}${shownBy(state) === undefined ? '' : ', and told'}`

describe('every input in every state', () => {
  const cells = Object.entries(EXPECTED).flatMap(([state, row]) =>
    Object.entries(row).map(([input, expected]) => [state, input, expected] as const),
  )

  test('has its cell', () => {
    expect(cells).toHaveLength(Object.keys(STATES).length * Object.keys(INPUTS).length)
  })

  test.each(cells)('%s, then %s: %s', (name, given, expected) => {
    const state = STATES[name as keyof typeof STATES]
    const after = stepBuzzer(state, INPUTS[given as keyof typeof INPUTS])
    if (expected === '=') expect(after).toBe(state)
    else expect(told(after)).toBe(expected)
  })
})

describe('a request', () => {
  test('begins as it was asked for', () => {
    expect(stepBuzzer(IDLE, INPUTS.request).request).toEqual(
      requestOf({
        id: 11,
        durationMs: 400,
        requestedAt: NOW,
        expiresAt: NOW + WAITS_FOR_MS,
        createdAt: NOW,
        updatedAt: NOW,
      }),
    )
  })

  test('that a later one joins keeps its id and beep, and waits as long as the later one would', () => {
    expect(stepBuzzer(STATES.waiting, INPUTS.request).request).toEqual(
      requestOf({ expiresAt: NOW + WAITS_FOR_MS, updatedAt: NOW }),
    )
  })

  test('is delivered when it is first shown, whatever polls come later', () => {
    const shown = stepBuzzer(STATES.waiting, INPUTS.poll)
    expect(shown.request?.deliveredAt).toBe(NOW)
    expect(stepBuzzer(shown, { type: 'poll', now: NOW + 150 })).toBe(shown)
  })

  test('is completed at the time of the server', () => {
    expect(stepBuzzer(STATES.shown, INPUTS['complete own']).request).toMatchObject({
      buzzedAt: NOW,
      updatedAt: NOW,
    })
  })
})

describe('the time of a request', () => {
  test('ends with its expiry while nobody was shown it, 10 s after the first poll that was', () => {
    expect(isOver(requestOf(), T0 + WAITS_FOR_MS - 1)).toBe(false)
    expect(isOver(requestOf(), T0 + WAITS_FOR_MS)).toBe(true)
    const shown = requestOf({ deliveredAt: T0 + 5 })
    expect(isOver(shown, T0 + 5 + SHOWN_FOR_MS - 1)).toBe(false)
    expect(isOver(shown, T0 + 5 + SHOWN_FOR_MS)).toBe(true)
  })

  test('ends when the clock was set back, else nothing would beep until it is that late again', () => {
    expect(isOver(requestOf({ deliveredAt: T0 }), T0 - 86_400_000)).toBe(true)
    expect(isOver(requestOf(), T0 - 86_400_000)).toBe(true)
  })

  test('does not end for a clock that is put right by a little', () => {
    expect(isOver(requestOf({ deliveredAt: T0 }), T0 - 50)).toBe(false)
    expect(isOver(requestOf({ expiresAt: T0 + MAX_WAITS_FOR_MS }), T0 - 50)).toBe(false)
  })
})

describe('a stored request', () => {
  test.each([
    [requestOf(), 'waiting'],
    [requestOf({ deliveredAt: T0 }), 'shown'],
    [requestOf({ status: 'completed' }), 'idle'],
    [requestOf({ status: 'lapsed', deliveredAt: T0 }), 'idle'],
  ] as const)('%# goes on where it was', (request, phase) => {
    expect(restoredBuzzer(request)).toEqual({ phase, request })
  })

  test('is pending only while it says so', () => {
    for (const state of Object.values(STATES) as readonly BuzzerState[]) {
      const isPending = ['hidden', 'waiting', 'shown'].includes(state.phase)
      expect(pendingOf(state) !== undefined).toBe(isPending)
    }
  })
})
