/**
 * The loop of the older boards (contract 5.1) against the state machine: polls and PATCHes that are lost on either
 * way, PATCHes that come late, reboots, requests and cancels at any moment, and time that passes in any steps.
 */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type BuzzerInput,
  IDLE,
  pendingOf,
  shownBy,
  stepBuzzer,
  WAITS_FOR_MS,
} from '../../../../bridge/core/buzzer-state.ts'
import { id, T0 } from './samples.ts'

type Patch = 'arrives' | 'lost' | 'late'
type Op =
  | { readonly op: 'request' | 'cancel' | 'reboot' | 'late patches' }
  | { readonly op: 'poll'; readonly answer: 'arrives' | 'lost'; readonly patch: Patch }
  | { readonly op: 'pass'; readonly ms: number }

const POLL_MS = 150
const NO_FAULTS = { op: 'poll', answer: 'arrives', patch: 'arrives' } as const

const createServer = () => {
  let state = IDLE
  let now = T0
  let nextId = 1
  let last: number | undefined

  const tell = (input: BuzzerInput): void => {
    state = stepBuzzer(stepBuzzer(state, { type: 'time', now }), input)
  }
  return {
    pass: (ms: number) => {
      now += ms
    },
    request: (): number => {
      const wished = { id: nextId++, deviceId: id('a'), durationMs: 250, expiresAt: now + WAITS_FOR_MS }
      tell({ type: 'request', ...wished, now })
      const pending = pendingOf(state)
      if (pending === undefined) throw new Error('asked for, and not pending')
      return pending.id
    },
    cancel: () => tell({ type: 'cancel', now }),
    complete: (requestId: number) => tell({ type: 'complete', now, id: requestId }),
    poll: (): number | undefined => {
      tell({ type: 'poll', now })
      const shown = shownBy(state)
      if (shown !== undefined && last !== undefined && shown !== last) {
        throw new Error(`pending ${last}, then pending ${shown} with nothing between`)
      }
      last = shown
      return shown
    },
  }
}

const createSketch = (server: ReturnType<typeof createServer>) => {
  let active = false
  let beeped = new Set<number>()
  const beeps: number[] = []
  const late: number[] = []
  return {
    beeps,
    late,
    reboot: () => {
      active = false
      beeped = new Set()
    },
    poll: (answer: 'arrives' | 'lost', patch: Patch) => {
      const requestId = server.poll()
      if (answer === 'lost') return
      if (requestId === undefined) {
        active = false
        return
      }
      if (active) return
      active = true
      if (beeped.has(requestId)) throw new Error(`beeped twice for ${requestId}`)
      beeped.add(requestId)
      beeps.push(requestId)
      if (patch === 'arrives') server.complete(requestId)
      if (patch === 'late') late.push(requestId)
    },
  }
}

const createWorld = () => {
  const server = createServer()
  const sketch = createSketch(server)
  const run = (op: Op): void => {
    if (op.op === 'poll') sketch.poll(op.answer, op.patch)
    else if (op.op === 'pass') server.pass(op.ms)
    else if (op.op === 'request') server.request()
    else if (op.op === 'cancel') server.cancel()
    else if (op.op === 'reboot') sketch.reboot()
    else for (const requestId of sketch.late.splice(0)) server.complete(requestId)
  }
  const pollFor = (ms: number): void => {
    for (let at = 0; at < ms; at += POLL_MS) {
      server.pass(POLL_MS)
      run(NO_FAULTS)
    }
  }
  return { server, sketch, run, pollFor }
}

const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Op>({ op: 'request' }) },
  { weight: 1, arbitrary: fc.constantFrom<Op>({ op: 'cancel' }, { op: 'reboot' }, { op: 'late patches' }) },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('poll' as const),
      answer: fc.constantFrom('arrives', 'arrives', 'arrives', 'lost'),
      patch: fc.constantFrom<Patch>('arrives', 'arrives', 'lost', 'late'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc
      .oneof(fc.constant(POLL_MS), fc.integer({ min: 1, max: 12_000 }), fc.constant(WAITS_FOR_MS))
      .map((ms): Op => ({ op: 'pass', ms })),
  },
)

test('whatever was lost or late, some seconds later a request beeps, once', () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 80 }), (ops) => {
      const { server, sketch, run, pollFor } = createWorld()
      for (const each of ops) run(each)
      run({ op: 'late patches' })
      pollFor(11_000)
      const before = sketch.beeps.length
      const requestId = server.request()
      pollFor(1_000)
      expect(sketch.beeps.slice(before)).toEqual([requestId])
    }),
    { numRuns: 2_000 },
  )
})

test('requests one after the other beep one by one when nothing is lost', () => {
  const { server, sketch, pollFor } = createWorld()
  const asked = Array.from({ length: 20 }, () => {
    const requestId = server.request()
    pollFor(3 * POLL_MS)
    return requestId
  })
  expect(sketch.beeps).toEqual(asked)
})
