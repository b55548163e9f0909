import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  decodeBuzzerAck,
  decodeBuzzerCommand,
  encodeBeep,
  encodeStop,
  readRequestId,
} from '../../../../bridge/core/buzzer-command.ts'
import { requestOf } from './buzzer-samples.ts'
import { T0 } from './samples.ts'

const beep = { action: 'beep', durationMs: 250, expiresAt: T0 + 300_000 }
const decode = (text: string) => {
  const decoded = decodeBuzzerCommand(text, T0)
  return decoded.ok ? decoded.command : decoded.rejection.reason
}

describe('a command', () => {
  test.each([
    ...['ON', 'on', '1', 'beep', 'BEEP', 'true', ' On\n', '{}', '"on"', '{"action":"beep"}'],
    ...['{"action":"ON","requestId":"7"}', '{"action":true}', '{"requestId":null}', '{"action":1}'],
    ...['{"durationMs":null,"expiresAt":null}', '{"action":null}'],
  ])('%j is a beep', (text) => {
    expect(decode(text)).toEqual(beep)
  })

  test.each([
    ...['OFF', 'off', '0', 'false', 'stop', '{"action":"stop"}', '{"action":"OFF"}', '{"action":false}'],
    ...['{"action":"stop","requestId":"7","durationMs":-1}', 'false\r\n'],
  ])('%j is a stop', (text) => {
    expect(decode(text)).toEqual({ action: 'stop' })
  })

  test.each([
    ['{"durationMs":1}', { durationMs: 1 }],
    ['{"durationMs":60000}', { durationMs: 60_000 }],
    ['{"durationMs":"500"}', { durationMs: 500 }],
    ['{"durationMs":99.6}', { durationMs: 100 }],
    [`{"expiresAt":${T0 + 1}}`, { expiresAt: T0 + 1 }],
    [`{"expiresAt":${T0 * 1000}}`, { expiresAt: T0 + 3_600_000 }],
  ])('%j says for how long', (text, fields) => {
    expect(decode(text)).toEqual({ ...beep, ...fields })
  })

  test.each([
    ['', 'bad-json'],
    ['beeep', 'bad-json'],
    ['{"action"', 'bad-json'],
    ['null', 'bad-value'],
    ['2', 'bad-value'],
    ['[]', 'bad-value'],
    ['[{"action":"beep"}]', 'bad-value'],
    ['{"action":"melody"}', 'bad-value'],
    ['{"action":{}}', 'bad-value'],
    ['{"action":{"toString":1}}', 'bad-value'],
    ['["on"]', 'bad-value'],
    ['{"action":["on"]}', 'bad-value'],
    ['{"durationMs":0}', 'bad-value'],
    ['{"durationMs":60001}', 'bad-value'],
    ['{"durationMs":"long"}', 'bad-value'],
    ['{"durationMs":[250]}', 'bad-value'],
    [`{"expiresAt":${T0}}`, 'bad-value'],
    ['{"expiresAt":"soon"}', 'bad-value'],
  ])('%j is refused as %s', (text, reason) => {
    expect(decode(text)).toBe(reason)
  })

  test('of any text at all, or any JSON, is never an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const decoded = decodeBuzzerCommand(text, T0)
        expect(decoded.ok ? decoded.command.action : decoded.rejection.detail).not.toBe('')
        decodeBuzzerAck(text)
      }),
    )
  })
})

describe('an ack', () => {
  test.each([
    ['', undefined],
    [' \n', undefined],
    ['{}', undefined],
    ['{"requestId":null}', undefined],
    ['{"requestId":"42"}', 42],
    ['{"requestId":42,"at":1}', 42],
  ])('%j names %s', (text, requestId) => {
    expect(decodeBuzzerAck(text)).toEqual({ ok: true, requestId })
  })

  test.each([
    ['ok', 'bad-json'],
    ['1', 'bad-shape'],
    ['[]', 'bad-shape'],
    ['{"requestId":"x"}', 'bad-value'],
    ['{"requestId":0}', 'bad-value'],
    ['{"requestId":1.5}', 'bad-value'],
    ['{"requestId":{}}', 'bad-value'],
  ])('%j is refused as %s', (text, reason) => {
    expect(decodeBuzzerAck(text)).toMatchObject({ ok: false, rejection: { reason } })
  })
})

describe('the id of a request', () => {
  test.each([
    ['1', 1],
    [9007199254740991, 9007199254740991],
    ['9007199254740993', undefined],
    ['0', undefined],
    ['01', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['null', undefined],
    ['', undefined],
    [Number.NaN, undefined],
    [null, undefined],
  ])('%p is read as %p', (value, expected) => {
    expect(readRequestId(value)).toBe(expected)
  })
})

describe('what a board is sent', () => {
  test('for a request is its id as text, its length and when it is over', () => {
    expect(encodeBeep(requestOf({ durationMs: 300 }))).toBe(
      `{"requestId":"10","action":"beep","durationMs":300,"expiresAt":${T0 + 300_000}}`,
    )
  })

  test('when it is taken back is a stop, also when nothing was pending', () => {
    expect(encodeStop(requestOf())).toBe('{"requestId":"10","action":"stop"}')
    expect(encodeStop(undefined)).toBe('{"action":"stop"}')
  })

  test('is read as the same command when it comes in again', () => {
    expect(decode(encodeBeep(requestOf()))).toEqual(beep)
    expect(decode(encodeStop(requestOf()))).toEqual({ action: 'stop' })
  })
})
