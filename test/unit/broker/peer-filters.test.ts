import { expect, test } from '@jest/globals'
import { createPeerFilters } from '../../../broker/peer-filters.ts'

test('each node that hears a topic is named once', () => {
  const filters = createPeerFilters()
  filters.replace('one', ['sensors/+/data', 'sensors/a/#'])
  filters.replace('two', ['buzzer/+/cmd'])
  expect(filters.hearers('sensors/a/data')).toEqual(['one'])
  expect(filters.hearers('buzzer/a/cmd')).toEqual(['two'])
  expect(filters.hearers('other')).toEqual([])
  expect(filters.size).toBe(3)
})

test('a node of which nothing is known hears everything, until it is', () => {
  const filters = createPeerFilters()
  expect(filters.hearers('x')).toEqual([])
  filters.unknown('one')
  expect(filters.hearers('x')).toEqual(['one'])
  filters.replace('one', [])
  expect(filters.hearers('x')).toEqual([])
})

test('what was silent is heard again when a filter comes, and silent when it goes', () => {
  const filters = createPeerFilters()
  filters.replace('one', [])
  expect(filters.hearers('x/y')).toEqual([])
  filters.change('one', ['x/#'], [])
  expect(filters.hearers('x/y')).toEqual(['one'])
  filters.change('one', [], ['x/#'])
  expect(filters.hearers('x/y')).toEqual([])
  filters.change('one', ['x/#'], [])
  filters.forget('one')
  expect(filters.hearers('x/y')).toEqual([])
})
