import { describe, expect, test } from '@jest/globals'
import { balanceLines, balanceVerdict } from '../../../../../src/dashboard/system/balance-lines.ts'
import type { Balance } from '../../../../../src/dashboard/system/system-answer.ts'

const BALANCE: Balance = {
  ...{ received: 21, stored: 10, spooled: 4, inFlight: 1, deduplicated: 2, deadLettered: 1 },
  dropped: { 'spool-full': 3, other_reason: 0 },
  remainder: 0,
}

describe('the balance sheet', () => {
  test('has a line for all that received is the sum of, and none for what did not happen', () => {
    const lines = balanceLines(BALANCE)
    expect(lines.reduce((sum, { count }) => sum + count, 0)).toBe(BALANCE.received)
    expect(lines.map(({ label }) => label)).toContain('Dropped: spool full')
    expect(lines).toHaveLength(6)
  })

  test('is good when nothing is left over, and only then', () => {
    expect(balanceVerdict(BALANCE).isGood).toBe(true)
    expect(balanceVerdict({ ...BALANCE, remainder: 2 })).toEqual({
      isGood: false,
      text: expect.stringMatching(/^2 received/),
    })
    expect(balanceVerdict({ ...BALANCE, remainder: -2 })).toEqual({
      isGood: false,
      text: expect.stringMatching(/^2 more/),
    })
  })
})
