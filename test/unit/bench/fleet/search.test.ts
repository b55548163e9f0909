import { describe, expect, test } from '@jest/globals'
import { findGreatest, middleOf } from '../../../bench/fleet/search.ts'

const PLAN = { steps: [300, 500, 700, 800, 900], resolution: 50 }

const searchWith = async (limit: number) => {
  const tried: number[] = []
  const found = await findGreatest(PLAN, async (boards) => {
    tried.push(boards)
    return boards <= limit
  })
  return { tried, found }
}

describe('looking for the greatest number that holds', () => {
  test('goes up the steps and halves the gap after the first that does not hold', async () => {
    expect(await searchWith(760)).toEqual({
      tried: [300, 500, 700, 800, 750],
      found: { greatest: 750, tooMany: 800 },
    })
  })

  test('the limit is found to the resolution, wherever it is', async () => {
    for (let limit = 50; limit < 900; limit += 37) {
      const { found } = await searchWith(limit)
      expect(found.greatest).toBe(Math.floor(limit / 50) * 50)
      expect(found.tooMany).toBe(found.greatest + 50)
    }
  })

  test('when all steps hold, the greatest is only a lower bound', async () => {
    expect((await searchWith(5000)).found).toEqual({ greatest: 900, tooMany: undefined })
  })

  test('when nothing holds, the greatest is 0', async () => {
    expect((await searchWith(0)).found).toEqual({ greatest: 0, tooMany: 50 })
  })

  test('a gap as wide as the resolution has no middle', () => {
    expect(middleOf(700, 750, 50)).toBeUndefined()
    expect(middleOf(700, 800, 50)).toBe(750)
    expect(middleOf(0, 300, 50)).toBe(150)
  })
})
