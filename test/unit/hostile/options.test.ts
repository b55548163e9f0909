import { expect, test } from '@jest/globals'
import { FULL, parseHostileOptions } from '../../hostile/options.ts'

test('without options everything is played, in full', () => {
  expect(parseHostileOptions([])).toEqual({
    attacks: ['fuzz', 'half-open', 'idle', 'slow', 'bomb', 'frames'],
    seed: null,
    scale: FULL,
  })
})

test('options say what is played, in which order, how much and from which seed', () => {
  const given = parseHostileOptions(['--only', 'slow,fuzz,slow', '--packets', '7', '--seed', '0'])
  expect(given).toEqual({ attacks: ['slow', 'fuzz', 'slow'], seed: 0, scale: { ...FULL, packets: 7 } })
})

test('an option that makes no sense is named', () => {
  expect(() => parseHostileOptions(['--only', 'rain'])).toThrow('--only knows')
  expect(() => parseHostileOptions(['--packets', 'many'])).toThrow('--packets')
  expect(() => parseHostileOptions(['--seed', '-1'])).toThrow()
})
