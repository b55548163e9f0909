import { expect, test } from '@jest/globals'
import { createOwnFilters } from '../../../broker/own-filters.ts'

const rig = () => {
  const told: [number, readonly string[], readonly string[]][] = []
  const answers: (() => void)[] = []
  const own = createOwnFilters((version, { added, removed }) => {
    told.push([version, added, removed])
    return new Promise((resolve) => void answers.push(resolve))
  })
  return { own, told, answers }
}
const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

test('what changes in one turn is told together, and numbered', async () => {
  const { own, told } = rig()
  void own.listen('a')
  void own.listen('b')
  await turn()
  own.unlisten('a')
  void own.listen('c')
  await turn()
  expect(told).toEqual([
    [1, ['a', 'b'], []],
    [2, ['c'], ['a']],
  ])
  expect([own.told, own.version]).toEqual([['b', 'c'], 2])
})

test('a filter is told once however many listen, and taken back with the last', async () => {
  const { own, told } = rig()
  void own.listen('a')
  void own.listen('a')
  await turn()
  own.unlisten('a')
  await turn()
  expect(told).toHaveLength(1)
  own.unlisten('a')
  await turn()
  expect(told[1]).toEqual([2, [], ['a']])
})

test('who listens while a filter is being told waits for the answer as well', async () => {
  const { own, answers } = rig()
  const known: string[] = []
  void own.listen('a').then(() => known.push('first'))
  await turn()
  void own.listen('a').then(() => known.push('second'))
  await turn()
  expect(known).toEqual([])
  answers[0]?.()
  await turn()
  expect(known.sort()).toEqual(['first', 'second'])
})

test('what comes and goes in one turn is not told', async () => {
  const { own, told } = rig()
  const known = own.listen('a')
  own.unlisten('a')
  await known
  expect(told).toEqual([])
})
