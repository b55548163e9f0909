import { describe, expect, test } from '@jest/globals'
import { advance, type Beat, earliestDue, nextDueAt, owed, spread } from '../../../bench/fleet/schedule.ts'

const poll = (dueAt: number): Beat => ({ kind: 'poll', everyMs: 150, dueAt })
const ingest = (dueAt: number): Beat => ({ kind: 'ingest', everyMs: 1000, dueAt })
const register = (dueAt: number): Beat => ({ kind: 'register', everyMs: Number.POSITIVE_INFINITY, dueAt })

/** The due times a member takes when each answer comes `answerMs` after it was asked. */
const dueTimesOf = (beats: readonly Beat[], answerMs: number, until: number): readonly number[] => {
  const taken: number[] = []
  for (let now = 0; now < until; ) {
    const beat = earliestDue(beats, now)
    if (beat === undefined) now = nextDueAt(beats)
    else {
      taken.push(beat.dueAt)
      advance(beat)
      now += answerMs
    }
  }
  return taken
}

describe('what is due', () => {
  test('nothing before its time, and at its time it is', () => {
    expect(earliestDue([poll(150), ingest(1000)], 149)).toBeUndefined()
    expect(earliestDue([poll(150), ingest(1000)], 150)?.kind).toBe('poll')
  })

  test('what has been due the longest comes first', () => {
    expect(earliestDue([poll(1050), ingest(1000)], 1100)?.kind).toBe('ingest')
    expect(earliestDue([poll(900), ingest(1000)], 1100)?.kind).toBe('poll')
  })

  test('the next poll is due 150 ms after the former was due, however late that was answered', () => {
    expect(dueTimesOf([poll(0)], 10, 500)).toEqual([0, 150, 300, 450])
    expect(dueTimesOf([poll(0)], 400, 1300)).toEqual([0, 150, 300, 450])
  })

  test('a register is due once', () => {
    expect(dueTimesOf([register(5), poll(155)], 1, 400)).toEqual([5, 155, 305])
  })

  test('members are spread evenly over the interval, none at its end', () => {
    expect([0, 1, 2].map((index) => spread(index, 3, 150))).toEqual([0, 50, 100])
  })
})

describe('what is owed in the end', () => {
  test('every due time before the end that was not taken', () => {
    expect(owed([poll(700), ingest(1000)], 1001)).toEqual([
      { kind: 'poll', dueAt: 700 },
      { kind: 'poll', dueAt: 850 },
      { kind: 'poll', dueAt: 1000 },
      { kind: 'ingest', dueAt: 1000 },
    ])
  })

  test('what is due at the end or after it is not', () => {
    expect(owed([poll(1000), ingest(1200), register(Number.POSITIVE_INFINITY)], 1000)).toEqual([])
  })

  test('a register that was never sent is owed once', () => {
    expect(owed([register(5)], 1000)).toEqual([{ kind: 'register', dueAt: 5 }])
  })
})
