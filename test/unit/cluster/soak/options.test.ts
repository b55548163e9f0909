import { describe, expect, test } from '@jest/globals'
import { CLUSTER_FAULTS } from '../../../cluster/soak/faults.ts'
import { parseClusterSoakOptions, usageOf } from '../../../cluster/soak/options.ts'
import { createSchedule } from '../../../oracle/schedule.ts'

const parse = (...args: readonly string[]) => parseClusterSoakOptions(args, CLUSTER_FAULTS)

describe('the options of a soak of several nodes', () => {
  test('say how many rounds, from which seed, how long, and with which faults', () => {
    const args = ['--rounds', '3', '--seed', '7', '--seconds', '20', '--fault', 'redis-freeze,node-kill-9']
    const options = parse(...args)
    expect(options).toMatchObject({ rounds: 3, seed: 7, lengthMs: 20_000 })
    expect(options?.faults.map(({ name }) => name).sort()).toEqual(['node-kill-9', 'redis-freeze'])
    expect(options?.narrowed).toBe(' --seconds 20 --fault redis-freeze,node-kill-9')
  })

  test('without any are one round of all faults by chance', () => {
    expect(parse()).toEqual({
      rounds: 1,
      seed: null,
      lengthMs: 60_000,
      faults: CLUSTER_FAULTS,
      narrowed: '',
    })
    expect(parse('--help')).toBeUndefined()
  })

  test.each([
    [['--rounds', '0'], '--rounds must be a whole number from 1'],
    [['--rounds', '1.5'], '--rounds must be a whole number'],
    [['--seed', ''], '--seed must be a whole number from 0'],
    [['--fault', 'flood'], '--fault knows no flood'],
  ])('that are wrong are named: %j', (args, message) => {
    expect(() => parse(...args)).toThrow(message)
  })
})

describe('the faults of several nodes', () => {
  test('have a name each, none of them may lose what was acked, and the help lists them', () => {
    const names = CLUSTER_FAULTS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(CLUSTER_FAULTS.filter(({ mayLose }) => mayLose)).toEqual([])
    for (const name of names) expect(usageOf(CLUSTER_FAULTS)).toContain(name)
  })

  test('follow from the seed', () => {
    const namesOf = (seed: number) =>
      createSchedule({ seed, lengthMs: 60_000, faults: CLUSTER_FAULTS }).steps.map(({ fault }) => fault.name)
    expect(namesOf(1)).toEqual(namesOf(1))
    expect(namesOf(1)).not.toEqual(namesOf(2))
  })
})
