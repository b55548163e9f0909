import { expect, test } from '@jest/globals'
import { dateProblem } from '../../../../src/tls/check-pair.ts'

const DAY = 86_400_000
const FACTS = { subject: 'CN=a', startsAt: 100 * DAY, expiresAt: 190 * DAY }

test.each([
  [100 * DAY - 1, /begins at 1970-04-11T00:00:00.000Z: is the clock/],
  [100 * DAY, undefined],
  [176 * DAY, undefined],
  [176 * DAY + 1, /expires soon \(1970-07-10T00:00:00.000Z\): renew it/],
  [190 * DAY - 1, /expires soon/],
  [190 * DAY, /has expired/],
])('at %d the dates of a certificate from day 100 to 190 are told as %s', (now, expected) => {
  const problem = dateProblem(FACTS, now)
  if (expected === undefined) expect(problem).toBeUndefined()
  else expect(problem).toMatch(expected)
})
