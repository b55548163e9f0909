import { expect, test } from '@jest/globals'
import { filterMatches } from '../../../broker/granted-qos.ts'
import { recipientsOf } from '../../../broker/queue-rules.ts'

test.each([
  ['sport/#', 'sport', true],
  ['sport/#', 'sport/', true],
  ['sport/#', 'sports', false],
  ['sport/+', 'sport/', true],
  ['sport/+', 'sport', false],
  ['sport/+', 'sport/a/b', false],
  ['+/+', '/finance', true],
  ['+', '/finance', false],
  ['#', 'a/b', true],
  ['#', '$SYS/a', false],
  ['+/a', '$SYS/a', false],
  ['$SYS/#', '$SYS/a', true],
  ['a/b', 'a/b', true],
  ['a/b', 'a/b/c', false],
  ['a/b/c', 'a/b', false],
])('[MQTT-4.7] the filter %s and the topic %s: %p', (filter, topic, matches) => {
  expect(filterMatches(filter, topic)).toBe(matches)
})

test('a message is queued once for each client, at the highest QoS, not for QoS 0 or by a wildcard before $', () => {
  const of = (topic: string) =>
    recipientsOf(
      [
        { clientId: 'a', topic: '+/x', qos: 1 },
        { clientId: 'a', topic: '$own/x', qos: 2 },
        { clientId: 'b', topic: '#', qos: 1 },
        { clientId: 'c', topic: '$own/#', qos: 0 },
      ],
      { topic },
    )
  expect([...of('$own/x')]).toEqual([['a', 2]])
  expect([...of('any/x')]).toEqual([
    ['a', 2],
    ['b', 1],
  ])
})
