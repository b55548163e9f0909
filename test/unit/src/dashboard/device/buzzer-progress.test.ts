import { describe, expect, test } from '@jest/globals'
import { REJECTION_REASONS } from '../../../../../bridge/core/rejection.ts'
import { askAgainMs, buzzerProgress } from '../../../../../src/dashboard/device/buzzer-progress.ts'
import { reasonWords } from '../../../../../src/dashboard/device/dead-letter-words.ts'
import type { BuzzerAnswer } from '../../../../../src/dashboard/device/device-answer.ts'

const ASKED = 1_000_000
const request = (told: Partial<BuzzerAnswer> = {}): BuzzerAnswer => ({
  id: 7,
  status: 'pending',
  requestedAt: ASKED,
  deliveredAt: null,
  completedAt: null,
  expiresAt: ASKED + 300_000,
  ...told,
})
const stepsOf = (told: Partial<BuzzerAnswer>) =>
  buzzerProgress(request(told)).steps.map(({ word, afterMs }) => [word, afterMs])

describe('a request to the buzzer', () => {
  test('waits for the board until it is delivered', () => {
    expect(buzzerProgress(request()).kind).toBe('waiting')
    expect(stepsOf({})).toEqual([['Requested', 0]])
  })

  test('tells how long each step took, counted from the request', () => {
    const delivered = { deliveredAt: ASKED + 150 }
    expect(buzzerProgress(request(delivered)).kind).toBe('delivered')
    expect(stepsOf({ ...delivered, status: 'completed', completedAt: ASKED + 410 })).toEqual([
      ['Requested', 0],
      ['Delivered', 150],
      ['Done', 410],
    ])
  })

  test('was delivered when it is done, also by a board on MQTT, which does not say when', () => {
    expect(stepsOf({ status: 'completed', completedAt: ASKED + 90 })).toEqual([
      ['Requested', 0],
      ['Delivered', null],
      ['Done', 90],
    ])
  })

  test('says whether the board was reached at all when it came to nothing', () => {
    expect(buzzerProgress(request({ status: 'lapsed' })).note).toMatch(/may not have been reached/)
    expect(buzzerProgress(request({ status: 'lapsed', deliveredAt: ASKED + 5 })).note).toMatch(/was given it/)
    expect(stepsOf({ status: 'cancelled' }).at(-1)).toEqual(['Taken back', null])
  })

  test('is asked about often at first, then less, and not when it is over', () => {
    const soon = askAgainMs(request(), ASKED + 1_000) ?? Number.NaN
    const later = askAgainMs(request(), ASKED + 60_000) ?? Number.NaN
    expect(soon).toBeLessThan(later)
    expect(askAgainMs(request({ status: 'completed' }), ASKED)).toBeUndefined()
    expect(askAgainMs(null, ASKED)).toBeUndefined()
  })
})

test('every reason of a dead letter has words of its own', () => {
  const words = REJECTION_REASONS.map(reasonWords)
  expect(new Set(words).size).toBe(REJECTION_REASONS.length)
  for (const [i, reason] of REJECTION_REASONS.entries()) expect(words[i]).not.toBe(reason)
})
