import { describe, expect, test } from '@jest/globals'
import { differences } from '../../support/replay-diff.ts'
import { movedOf } from '../../support/replay-order.ts'

const diff = (
  recorded: unknown,
  ours: unknown,
  rules: { readonly volatile?: readonly string[]; readonly left?: readonly string[] } = {},
) =>
  differences(recorded, ours, {
    place: { shown: 'body', root: '$.b' },
    rules: { volatile: [], left: [], rename: (id) => (id === 'cam_1' ? 'cam_2' : id), ...rules },
  })

const paths = (...args: Parameters<typeof diff>) => diff(...args).map(({ path }) => path)

describe('an answer compared with the recorded one', () => {
  test('is the same when fields, types, order and values are', () => {
    expect(diff({ a: [1, { b: null }], c: 'x' }, { a: [1, { b: null }], c: 'x' })).toEqual([])
  })

  test('differs in a value, a type, a field too few and one too many', () => {
    expect(diff({ a: 1, b: '1', c: 0 }, { a: 2, b: 1, d: 0 })).toEqual([
      { path: 'body.a', recorded: 1, ours: 2 },
      { path: 'body.b', recorded: '1', ours: 1 },
      { path: 'body.c', recorded: 0, ours: undefined },
      { path: 'body.d', recorded: undefined, ours: 0 },
    ])
  })

  test('differs when its fields stand in another order', () => {
    expect(paths({ a: 1, b: 2 }, { b: 2, a: 1 })).toEqual(['body{order}'])
  })

  test('may have another volatile value, but of the same type and form', () => {
    const volatile = ['$.b.at', '$.b.list[0].file']
    const recorded = { at: 1795402872809, list: [{ file: 'cam_179.jpg' }] }
    expect(diff(recorded, { at: 5, list: [{ file: 'cam_2.jpg' }] }, { volatile })).toEqual([])
    expect(paths(recorded, { at: '5', list: [{ file: 'cam.jpg' }] }, { volatile })).toEqual([
      'body.at',
      'body.list[0].file',
    ])
    expect(paths({ at: 1 }, { at: 1.5 }, { volatile })).toEqual(['body.at'])
    expect(paths({ at: 1 }, { at: null }, { volatile })).toEqual(['body.at'])
  })

  test('may have anything, or nothing, where the recording holds insides', () => {
    const left = ['$.b.orm']
    expect(diff({ orm: { deep: 1 }, a: 1 }, { a: 1 }, { left })).toEqual([])
    expect(diff({ orm: { deep: 1 }, a: 1 }, { orm: 5, a: 1 }, { left })).toEqual([])
  })

  test('has entries with ids matched by them, whatever was given a new name', () => {
    const recorded = [{ id: 'a', n: 1 }, { id: 'cam_1', n: 2 }, { id: 'gone' }]
    const ours = [{ id: 'a', n: 1 }, { id: 'more' }, { id: 'cam_2', n: 3 }]
    expect(paths(recorded, ours, { volatile: ['$.b[1].id'] })).toEqual([
      'body[cam_2].n',
      'body[gone]',
      'body[more]',
    ])
  })

  test('names the entry that stands in another place, not all that it pushed aside', () => {
    const recorded = ['a', 'b', 'c', 'd'].map((deviceId) => ({ deviceId }))
    const ours = ['d', 'a', 'b', 'c'].map((deviceId) => ({ deviceId }))
    expect(paths(recorded, ours)).toEqual(['body[d]{place}'])
  })

  test('counts the rows that the recording was cut by', () => {
    const recorded = [1, { $cut: '2 more rows of the same form' }]
    expect(diff(recorded, [1, 2, 3])).toEqual([])
    expect(diff(recorded, [1, 2])).toEqual([{ path: 'body.length', recorded: 3, ours: 2 }])
  })
})

test('what moved is as little as can be', () => {
  expect(movedOf([])).toEqual([])
  expect(movedOf([0, 1, 2])).toEqual([])
  expect(movedOf([3, 0, 1, 2])).toEqual([0])
  expect(movedOf([1, 2, 3, 0])).toEqual([3])
  expect(movedOf([2, 1, 0])).toHaveLength(2)
})
