import { describe, expect, test } from '@jest/globals'
import { filmArguments, filmRate } from '../../../../src/recordings/film-arguments.ts'

describe('a film', () => {
  test.each([
    [2, 5],
    [5, 5],
    [7, 7],
    [10, 10],
    [11, 10],
    [600, 10],
  ])('of %d pictures shows %d a second', (frames, rate) => expect(filmRate(frames)).toBe(rate))

  test('goes to a file named as such, whatever its path looks like', () => {
    const args = filmArguments(7, '/data: http/-rec.part')
    expect(args.at(-1)).toBe('file:/data: http/-rec.part')
    expect(args[args.indexOf('-framerate') + 1]).toBe('7')
  })
})
