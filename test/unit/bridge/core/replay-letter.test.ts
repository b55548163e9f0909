import { describe, expect, test } from '@jest/globals'
import { createRowEncoder } from '../../../../bridge/core/copy-row.ts'
import { type Letter, readAgain } from '../../../../bridge/core/replay-letter.ts'
import { readingOf } from '../../../support/readings.ts'

const T = Date.UTC(2026, 10, 23, 3, 37, 12, 345)

const letterOf = (payload: string | Uint8Array, fields: Partial<Letter> = {}): Letter => ({
  receivedAt: T,
  topic: 'sensors/a/data',
  deviceId: 'a',
  reason: 'bad-value',
  detail: 'of then',
  payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
  ...fields,
})

const refusal = (letter: Letter): string | undefined => {
  const verdict = readAgain(letter)
  return verdict.verdict === 'refused' ? verdict.rejection.reason : undefined
}

describe('a dead letter read again', () => {
  test('fits when the rules of today take it, at the time of receipt it had', () => {
    const verdict = readAgain(letterOf('{"temperature":21.5,"boot":"b","seq":7}'))
    const reading = readingOf('a', T, { temperature: 21.5, boot: 'b', seq: 7 })
    expect(verdict).toEqual({ verdict: 'fits', readings: [reading] })
  })

  test('of several readings fits whole or not at all', () => {
    expect(readAgain(letterOf('[{"humidity":1},{"humidity":2}]'))).toMatchObject({
      verdict: 'fits',
      readings: [{ humidity: 1 }, { humidity: 2 }],
    })
    expect(refusal(letterOf('[{"humidity":1},{"humidity":"wet"}]'))).toBe('bad-value')
  })

  test.each([
    ['{"temperature":', 'bad-json'],
    ['\ufeff{}', 'bad-json'],
    ['"text"', 'bad-shape'],
    ['{"temperature":"warm"}', 'bad-value'],
    ['{"deviceId":"b"}', 'wrong-device-id'],
    [new Uint8Array([0x22, 0xff, 0x22]), 'bad-encoding'],
    [new Uint8Array(65_537).fill(0x20), 'too-large'],
    ['', 'bad-json'],
  ])('is refused for what is wrong with it now: %j', (payload, reason) => {
    expect(refusal(letterOf(payload))).toBe(reason)
  })

  test('goes by its topic: what is no topic of readings is none, whatever it holds', () => {
    for (const topic of ['devices/a/heartbeat', 'cameras/a/frame', 'buzzer/a/ack', 'elsewhere', '']) {
      expect(readAgain(letterOf('{}', { topic }))).toEqual({ verdict: 'not-a-reading' })
    }
  })

  test('is refused for an id that is none, or that could not be kept as it came', () => {
    expect(refusal(letterOf('{}', { topic: 'sensors/$a/data', deviceId: null }))).toBe('bad-device-id')
    expect(refusal(letterOf('{}', { topic: 'sensors/a\ufffd/data', deviceId: null }))).toBe('bad-device-id')
  })

  test('is taken for a device whose id the rules take now', () => {
    expect(readAgain(letterOf('{}', { deviceId: null })).verdict).toBe('fits')
  })
})

describe('a row that Postgres refused, read again', () => {
  const reading = readingOf('a', T - 5_000, {
    ts: T - 60_000,
    tsSource: 'device',
    boot: 'b\t1',
    seq: 3,
    lightLevel: 7,
    custom: { fw: '1\\2' },
  })
  const line = createRowEncoder().reading(reading)
  const row = (payload: string) => letterOf(payload, { reason: 'refused-by-postgres' })

  test('is the reading it was, with its own times', () => {
    expect(readAgain(row(line))).toEqual({ verdict: 'fits', readings: [reading] })
  })

  test.each([
    ['nothing', ''],
    ['another number of fields', 'a\tb\n'],
    ['a number that is none', line.replace('\t3\t', '\tthree\t')],
    ['a time that is none', line.replace('2026-11-23T03', 'yesterday')],
    ['an id that is none', line.replace(/^a\t/, 'a/b\t')],
  ])('stays refused when it holds %s', (_what, payload) => {
    expect(refusal(row(payload))).toBe('refused-by-postgres')
  })
})
