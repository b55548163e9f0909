import { describe, expect, test } from '@jest/globals'
import { parseFleetOptions } from '../../../bench/fleet/options.ts'

describe('the options of the fleet bench', () => {
  test('without any, everything is run and the number of boards looked for', () => {
    const options = parseFleetOptions([])
    expect(options?.scenarios).toEqual(['boards', 'cameras', 'viewers'])
    expect(options?.boards).toBeUndefined()
    expect(options?.viewers).toBe(1000)
  })

  test('numbers of boards are measured as given', () => {
    expect(parseFleetOptions(['--only', 'boards', '--boards', '600,700'])).toMatchObject({
      scenarios: ['boards'],
      boards: [600, 700],
    })
  })

  test('quick is shorter unless a length is given', () => {
    expect(parseFleetOptions(['--quick'])?.seconds).toBe(4)
    expect(parseFleetOptions(['--quick', '--seconds', '6'])?.seconds).toBe(6)
  })

  test('a wrong one is named', () => {
    expect(() => parseFleetOptions(['--only', 'boats'])).toThrow('--only')
    expect(() => parseFleetOptions(['--boards', '0'])).toThrow('--boards')
    expect(() => parseFleetOptions(['--seconds', 'x'])).toThrow('--seconds')
  })
})
