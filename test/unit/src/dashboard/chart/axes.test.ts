import { describe, expect, test } from '@jest/globals'
import { createTimeLabels } from '../../../../../src/dashboard/chart/time-axis.ts'
import { tickLabels } from '../../../../../src/dashboard/chart/value-axis.ts'

const HOUR = 3_600_000
const MIDNIGHT = Date.UTC(2026, 10, 23)

describe('below the chart', () => {
  const { labels } = createTimeLabels('en-GB', 'UTC')

  test('stand times, and the day where one begins', () => {
    expect(labels([MIDNIGHT - 3 * HOUR, MIDNIGHT, MIDNIGHT + 3 * HOUR], 3 * HOUR)).toEqual([
      '21:00',
      '23 Nov',
      '03:00',
    ])
  })

  test('stand seconds only where ticks are less than a minute apart', () => {
    expect(labels([MIDNIGHT + 15_000], 15_000)).toEqual(['00:00:15'])
    expect(labels([MIDNIGHT + 24 * HOUR], 24 * HOUR)).toEqual(['24 Nov'])
  })
})

describe('beside the chart', () => {
  test('ticks have as many digits as tell them apart, all the same number', () => {
    expect(tickLabels([15, 15.25, 15.5], 'en-GB')).toEqual(['15.00', '15.25', '15.50'])
    expect(tickLabels([10, 20, 30], 'en-GB')).toEqual(['10', '20', '30'])
    expect(tickLabels([0, 0.1, 0.2, 0.30000000000000004], 'en-GB')).toEqual(['0.0', '0.1', '0.2', '0.3'])
  })

  test('large and tiny numbers are short', () => {
    expect(tickLabels([1e9, 2e9], 'en-GB')).toEqual(['1E9', '2E9'])
    expect(tickLabels([1e-9, 2e-9], 'en-GB')).toEqual(['1E-9', '2E-9'])
  })
})
