import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { classifyPostgresError, RETRY_POLICIES, retryDelay } from '../../../../bridge/core/retry.ts'

describe('retry delays', () => {
  const policy = { minDelayMs: 100, maxDelayMs: 1_000 }
  const almostOne = () => 1 - Number.EPSILON

  test('the bound doubles with each failure up to the greatest delay', () => {
    expect([1, 2, 3, 4, 5].map((attempt) => retryDelay(attempt, policy, almostOne))).toEqual([
      199, 399, 799, 999, 999,
    ])
  })

  test('the least delay is kept', () => {
    expect([0, 1, 9].map((attempt) => retryDelay(attempt, policy, () => 0))).toEqual([100, 100, 100])
  })

  test('no attempt and no chance leads out of the policy', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(
        fc.nat(),
        chance,
        fc.constantFrom(...Object.values(RETRY_POLICIES)),
        (attempt, random, chosen) => {
          const delayMs = retryDelay(attempt, chosen, () => random)
          expect(Number.isInteger(delayMs)).toBe(true)
          expect(delayMs).toBeGreaterThanOrEqual(chosen.minDelayMs)
          expect(delayMs).toBeLessThanOrEqual(chosen.maxDelayMs)
        },
      ),
    )
  })
})

describe('errors of Postgres', () => {
  test.each([
    '22001',
    '22003',
    '22P02',
    '22P04',
    '22021',
    '23502',
    '23514',
    '54000',
    '54001',
    '42804',
    '42846',
  ])('%s: the rows are refused', (sqlstate) => {
    expect(classifyPostgresError(sqlstate)).toBe('refused')
  })

  test.each([
    undefined,
    '',
    'ECONNREFUSED',
    '22',
    '08006',
    '25006',
    '28P01',
    '3F000',
    '40001',
    '40P01',
    '42501',
    '42703',
    '42P01',
    '53100',
    '53300',
    '55P03',
    '57014',
    '57P01',
    '57P03',
    '58030',
    'XX001',
    'P0001',
  ])('%s: unavailable, the rows wait', (sqlstate) => {
    expect(classifyPostgresError(sqlstate)).toBe('unavailable')
  })
})
