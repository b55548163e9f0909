import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseTopic, topics } from '../../../../bridge/core/topic.ts'
import { anyDeviceId } from './arbitraries.ts'
import { id } from './samples.ts'

describe('topics', () => {
  test.each([
    ['sensors/esp32-1/data', 'data'],
    ['devices/esp32-1/register', 'register'],
    ['devices/esp32-1/heartbeat', 'heartbeat'],
    ['devices/esp32-1/status', 'status'],
    ['buzzer/esp32-1/cmd', 'buzzer-cmd'],
    ['buzzer/esp32-1/ack', 'buzzer-ack'],
    ['cameras/esp32-1/frame', 'frame'],
  ])('%s is the channel %s of its device', (topic, channel) => {
    expect(parseTopic(topic)).toEqual({ channel, deviceId: 'esp32-1' })
  })

  test.each([
    '',
    '/',
    'sensors',
    'sensors/data',
    'sensors/a/b/data',
    'sensors/a/data/',
    '/sensors/a/data',
    'sensors/a/latest',
    'sensors/a/cmd',
    'sensors/a/Data',
    'Sensors/a/data',
    'devices/a/data',
    'buzzer/a/frame',
    'cameras/a/data',
    'errors/a',
    'acks/a',
    'time/now',
    'home/kitchen/data',
    'tele/tasmota/SENSOR',
  ])('%j is plain MQTT', (topic) => {
    expect(parseTopic(topic)).toBeUndefined()
  })

  test.each([
    'sensors//data',
    'devices//status',
    'buzzer/$a/cmd',
    'cameras/a\u0001/frame',
    `sensors/${'a'.repeat(101)}/data`,
  ])('%j is ours with an id that breaks the rule', (topic) => {
    const parsed = parseTopic(topic)
    expect(parsed).toBeDefined()
    expect(parsed?.deviceId).toBeUndefined()
  })

  test('an id may look like another part of the topic', () => {
    expect(parseTopic('sensors/data/data')).toEqual({ channel: 'data', deviceId: 'data' })
    expect(parseTopic('sensors/sensors/data')).toEqual({ channel: 'data', deviceId: 'sensors' })
  })

  test('the names the bridge publishes to', () => {
    const board = id('esp32-1')
    expect(topics.latest(board)).toBe('sensors/esp32-1/latest')
    expect(topics.errors(board)).toBe('errors/esp32-1')
    expect(topics.acks(board)).toBe('acks/esp32-1')
    expect(topics.timeNow).toBe('time/now')
  })

  test('a topic built for a device is parsed back to it', () => {
    fc.assert(
      fc.property(anyDeviceId, (deviceId) => {
        expect(parseTopic(topics.data(deviceId))).toEqual({ channel: 'data', deviceId })
        expect(parseTopic(topics.status(deviceId))).toEqual({ channel: 'status', deviceId })
        expect(parseTopic(topics.command(deviceId))).toEqual({ channel: 'buzzer-cmd', deviceId })
        expect(parseTopic(topics.latest(deviceId))).toBeUndefined()
      }),
    )
  })

  test('no text makes the parser throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^(sensors|data|a|\/){0,6}$/)),
        (text) => {
          const parsed = parseTopic(text)
          expect(parsed === undefined || text.split('/').length === 3).toBe(true)
        },
      ),
    )
  })
})
