import { expect, test } from '@jest/globals'
import type { BuzzerRequest } from '../../../../bridge/core/buzzer.ts'
import { createBridgeEmitter } from '../../../../bridge/events.ts'
import { countCommands } from '../../../../src/facade/command-counts.ts'
import { deviceId } from '../../../support/readings.ts'

const A = deviceId('a')

test('commands are counted by what became of them, until it is closed', () => {
  const events = createBridgeEmitter()
  const counts = countCommands(events)
  const say = (): void => {
    events.emit('buzzer:requested', { request: { deviceId: A } as BuzzerRequest })
    events.emit('device:commanded', { deviceId: A, sent: true })
    events.emit('device:commanded', { deviceId: A, sent: false })
  }
  say()
  counts.close()
  say()
  expect([counts.sent, counts.failed]).toEqual([2, 1])
})
