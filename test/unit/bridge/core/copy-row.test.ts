import { describe, expect, test } from '@jest/globals'
import {
  createRowEncoder,
  DEAD_LETTER_COLUMNS,
  decodeRow,
  rowIdentity,
  SENSOR_COLUMNS,
} from '../../../../bridge/core/copy-row.ts'
import { createTimestampFormat, escapeText, unescapeText } from '../../../../bridge/core/copy-text.ts'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import { id, readingOf, T0 } from './samples.ts'

const fieldsOf = (line: string, columns: readonly string[]): Record<string, string> => {
  const fields = line.slice(0, -1).split('\t')
  expect(line.endsWith('\n')).toBe(true)
  expect(fields).toHaveLength(columns.length)
  return Object.fromEntries(columns.map((column, i) => [column, fields[i] ?? '']))
}

describe('a row of readings', () => {
  const encode = (fields: Parameters<typeof readingOf>[0]) =>
    fieldsOf(createRowEncoder().reading(readingOf(fields)), SENSOR_COLUMNS)

  test('has a field for every column, in order', () => {
    expect(createRowEncoder().reading(readingOf({ temperature: 21.5, boot: 'b1', seq: 123 }))).toBe(
      'esp32-1\tb1\t123\t2026-11-23T03:37:12.345Z\t2026-11-23T03:37:12.345Z\tserver\t\\N\t' +
        '21.5\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n',
    )
  })

  test.each([
    'temperature',
    'humidity',
    'distance',
    'lightLevel',
    'pressure',
    'altitude',
    'co2Level',
  ] as const)('keeps %s in its own column', (metric) => {
    const columns = { lightLevel: 'light_level', co2Level: 'co2_level' } as { [name: string]: string }
    const fields = encode({ [metric]: 7 })
    expect(fields[columns[metric] ?? metric]).toBe('7')
    expect(Object.values(fields).filter((field) => field === '7')).toHaveLength(1)
  })

  test.each([
    [-0, '0'],
    [0.1, '0.1'],
    [1e21, '1e+21'],
    [1.5e-7, '1.5e-7'],
    [-5e-324, '-5e-324'],
  ])('the number %p is the text %s', (temperature, expected) => {
    expect(encode({ temperature }).temperature).toBe(expected)
  })

  test.each([
    ['a\tb', 'a\\tb'],
    ['a\nb', 'a\\nb'],
    ['a\rb', 'a\\rb'],
    ['\\', '\\\\'],
    ['\\N', '\\\\N'],
    ['\\.', '\\\\.'],
    ['😀\\', '😀\\\\'],
    ['\0\ud800', '\uFFFD\uFFFD'],
    ['\b\f\v', '\b\f\v'],
  ])('the boot %j is the field %j', (boot, expected) => {
    expect(encode({ boot }).boot).toBe(expected)
    expect(encode({ custom: { x: 1 }, boot }).boot).toBe(expected)
  })

  test('keeps custom as JSON with its backslashes doubled', () => {
    expect(encode({ custom: { t: 'a\t"\\' } }).custom).toBe('{"t":"a\\\\t\\\\"\\\\\\\\"}')
  })

  test('is told from another by device, boot and seq alone', () => {
    const { reading } = createRowEncoder()
    const deviceId = id('a\\b')
    expect(rowIdentity(reading(readingOf({ deviceId, boot: 'b\t1', seq: 5 })))).toEqual({
      deviceId: 'a\\b',
      boot: 'b\t1',
      seq: 5,
    })
    expect(rowIdentity(reading(readingOf({ boot: '\\N', seq: 0 })))).toEqual({
      deviceId: 'esp32-1',
      boot: '\\N',
      seq: 0,
    })
    expect(rowIdentity(reading(readingOf({ boot: 'b', seq: null })))).toBeUndefined()
    expect(rowIdentity(reading(readingOf({ boot: null, seq: 5 })))).toBeUndefined()
    expect(rowIdentity('torn\tb')).toBeUndefined()
  })

  test('is read back with or without its newline', () => {
    const line = createRowEncoder().reading(readingOf({ humidity: 1 }))
    expect(decodeRow(line)).toEqual(decodeRow(line.slice(0, -1)))
  })

  test('is refused when fields are missing', () => {
    expect(() => decodeRow('esp32-1\tb1\t5\n')).toThrow(BridgeError)
  })
})

describe('timestamps', () => {
  test('are those of toISOString, in any order', () => {
    const format = createTimestampFormat()
    const times = [0, 5, 999, 1000, 1e12, 1e12 + 7, 1e12 + 7, 1e12 + 1_099, 1e12, T0, -1, -1000]
    expect(times.map(format)).toEqual(times.map((ms) => new Date(ms).toISOString()))
  })
})

describe('escaping', () => {
  test('leaves plain text as it is', () => {
    expect(escapeText('plain ä 😀')).toBe('plain ä 😀')
    expect(unescapeText('plain')).toBe('plain')
  })
})

describe('a dead letter', () => {
  const letter = {
    receivedAt: T0,
    topic: 'sensors/a\tb/data',
    clientId: null,
    deviceId: id('a\\'),
    reason: 'bad-json',
    detail: 'line\nbreak \ud800',
    payload: Uint8Array.of(0, 10, 92, 255),
  } as const

  test('has its text escaped and its bytes in hex', () => {
    expect(fieldsOf(createRowEncoder().deadLetter(letter), DEAD_LETTER_COLUMNS)).toEqual({
      received_at: '2026-11-23T03:37:12.345Z',
      topic: 'sensors/a\\tb/data',
      client_id: '\\N',
      device_id: 'a\\\\',
      reason: 'bad-json',
      detail: 'line\\nbreak \uFFFD',
      payload: '\\\\x000a5cff',
    })
  })

  test('may have no bytes and no detail', () => {
    const fields = fieldsOf(
      createRowEncoder().deadLetter({ ...letter, detail: '', payload: new Uint8Array() }),
      DEAD_LETTER_COLUMNS,
    )
    expect([fields.detail, fields.payload]).toEqual(['', '\\\\x'])
  })
})
