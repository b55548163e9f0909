import { describe, expect, test } from '@jest/globals'
import { createConflation } from '../../../../src/dashboard/conflation.ts'

const start = () => {
  const frames: (() => void)[] = []
  const applied: (readonly (readonly [string, number])[])[] = []
  const conflation = createConflation<number>({
    schedule: (run) => frames.push(run),
    apply: (changes) => applied.push([...changes]),
  })
  return { frames, applied, conflation }
}

describe('conflation', () => {
  test('hands over the newest of each key once a frame, however much came', () => {
    const { frames, applied, conflation } = start()
    for (let i = 0; i < 1_000; i++) conflation.add(i % 2 === 0 ? 'a' : 'b', i)
    expect(frames).toHaveLength(1)
    expect(conflation.pending('a')).toBe(998)
    frames[0]?.()
    expect(applied).toEqual([
      [
        ['a', 998],
        ['b', 999],
      ],
    ])
    expect(conflation.pending('a')).toBeUndefined()
  })

  test('what comes afterwards is for the next frame', () => {
    const { frames, applied, conflation } = start()
    conflation.add('a', 1)
    frames[0]?.()
    conflation.add('a', 2)
    expect(frames).toHaveLength(2)
    frames[1]?.()
    expect(applied).toEqual([[['a', 1]], [['a', 2]]])
  })

  test('a frame that comes after everything was handed over has nothing to do', () => {
    const { frames, applied, conflation } = start()
    conflation.add('a', 1)
    conflation.flush()
    frames[0]?.()
    expect(applied).toHaveLength(1)
  })
})
