import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseTopic } from '../../../../bridge/core/topic.ts'
import { createTopicCache } from '../../../../bridge/pipeline/topic-cache.ts'

test('says what the parser says, the first time and every other', () => {
  const topicOf = createTopicCache()
  const level = fc.constantFrom('sensors', 'devices', 'buzzer', 'data', 'cmd', 'status', 'a', '', '$x')
  fc.assert(
    fc.property(fc.array(level, { maxLength: 4 }), (levels) => {
      const topic = levels.join('/')
      expect(topicOf(topic)).toEqual(parseTopic(topic))
      expect(topicOf(topic)).toEqual(parseTopic(topic))
    }),
  )
})

test('hands out the same object for the same topic, ours or not', () => {
  const topicOf = createTopicCache()
  expect(topicOf('sensors/a/data')).toBe(topicOf('sensors/a/data'))
  expect(topicOf('weather/today')).toBeUndefined()
  expect(topicOf('weather/today')).toBeUndefined()
})

test('remembers a bounded number of topics, and no long one', () => {
  const topicOf = createTopicCache()
  const first = topicOf('sensors/first/data')
  for (let other = 0; other < 20_000; other += 1) topicOf(`sensors/${other}/data`)
  expect(topicOf('sensors/first/data')).toEqual(first)
  expect(topicOf('sensors/first/data')).not.toBe(first)
  const long = `sensors/${'x'.repeat(300)}/data`
  expect(topicOf(long)).toEqual({ channel: 'data', deviceId: undefined })
  expect(topicOf(long)).not.toBe(topicOf(long))
})
