import { describe, expect, test } from '@jest/globals'
import {
  type Decoded,
  decodeReadings,
  decodeText,
  PAYLOAD_LIMITS,
  tooLarge,
} from '../../../../bridge/core/payload.ts'
import type { Reading } from '../../../../bridge/core/reading.ts'
import { id, readingOf, T0 } from './samples.ts'

const context = { deviceId: id('esp32-1'), receivedAt: T0 }
const decode = (body: unknown): Decoded => decodeText(JSON.stringify(body), context)

const one = (body: unknown): Reading => {
  const decoded = decode(body)
  if (!decoded.ok) throw new Error(decoded.rejection.detail)
  const [reading] = decoded.readings
  if (reading === undefined || decoded.readings.length > 1) throw new Error('not one reading')
  return reading
}
const rejection = (decoded: Decoded) => (decoded.ok ? undefined : decoded.rejection)
const nested = (depth: number, open: string, close: string): string =>
  open.repeat(depth) + close.repeat(depth)

describe('one reading', () => {
  test('every known metric has its field', () => {
    const metrics = {
      temperature: 21.5,
      humidity: 40.2,
      distance: 0,
      lightLevel: 4095,
      pressure: 1013.2,
      altitude: -3,
      co2Level: 417,
    }
    expect(one(metrics)).toEqual(readingOf(metrics))
  })

  test('an empty object is a reading without metrics', () => {
    expect(one({})).toEqual(readingOf())
  })

  test.each([
    ['21.5', 21.5],
    [' -3 ', -3],
    ['+.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    [null, null],
    [-0, 0],
    ['-0', 0],
  ])('the metric %j is %j', (sent, expected) => {
    expect(one({ temperature: sent }).temperature).toBe(expected)
  })

  test.each([
    '',
    ' ',
    'nan',
    'Infinity',
    '0x10',
    '1e999',
    '1,5',
    '21.5°C',
    '1'.repeat(65),
    true,
    false,
    {},
    [],
  ])('the metric %j is a bad value, named in the detail', (humidity) => {
    const refused = rejection(decode({ temperature: 1, humidity }))
    expect(refused?.reason).toBe('bad-value')
    expect(refused?.detail).toContain('humidity')
  })

  test('a number beyond a double is a bad value', () => {
    expect(rejection(decodeText('{"pressure":1e999}', context))?.reason).toBe('bad-value')
    expect(rejection(decodeText('{"mine":[-1e999]}', context))?.reason).toBe('bad-value')
  })

  test.each([
    [40.5, 41],
    ['12.2', 12],
    [-0.2, 0],
    [2_147_483_647.4, 2_147_483_647],
  ])('lightLevel %j becomes the whole number %j', (sent, expected) => {
    expect(one({ lightLevel: sent }).lightLevel).toBe(expected)
  })

  test.each([2_147_483_648, -2_147_483_649, 1e300, 'bright'])(
    'lightLevel %j is a bad value',
    (lightLevel) => {
      expect(rejection(decode({ lightLevel }))?.reason).toBe('bad-value')
    },
  )

  test.each([
    ['b1', 'b1'],
    [7, '7'],
    [null, null],
    ['x'.repeat(100), 'x'.repeat(100)],
    ['a\0\ud800', 'a\uFFFD\uFFFD'],
  ])('boot %j is %j', (sent, expected) => {
    expect(one({ boot: sent }).boot).toBe(expected)
  })

  test.each(['', 'x'.repeat(101), true, {}, []])('boot %j is a bad value', (boot) => {
    expect(rejection(decode({ boot }))?.reason).toBe('bad-value')
  })

  test.each([
    [0, 0],
    [123, 123],
    ['123', 123],
    [null, null],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('seq %j is %j', (sent, expected) => {
    expect(one({ seq: sent }).seq).toBe(expected)
  })

  test.each([-1, 1.5, 2 ** 53, 'x', '', true, {}])('seq %j is a bad value', (seq) => {
    expect(rejection(decode({ boot: 'b', seq }))?.reason).toBe('bad-value')
  })

  test('a seq without a boot is kept', () => {
    expect(one({ seq: 5 })).toEqual(readingOf({ seq: 5 }))
  })
})

describe('the device named in the body', () => {
  test.each([{ deviceId: 'esp32-1' }, { id: 'esp32-1' }, { deviceId: null }, { id: null }])(
    '%j is taken',
    (body) => {
      expect(one(body)).toEqual(readingOf())
    },
  )

  test.each([{ deviceId: 'esp32-2' }, { deviceId: 'ESP32-1' }, { deviceId: 5 }, { id: 'other' }, { id: 7 }])(
    '%j is another device',
    (body) => {
      expect(rejection(decode(body))?.reason).toBe('wrong-device-id')
    },
  )

  test('a number names a device by its digits', () => {
    const decoded = decodeReadings({ deviceId: 5 }, { deviceId: id('5'), receivedAt: T0 })
    expect(decoded.ok).toBe(true)
  })

  test('deviceId wins, and an id beside it is one of the custom keys', () => {
    expect(one({ id: 17, deviceId: 'esp32-1' }).custom).toEqual({ id: 17 })
  })
})

describe('custom keys', () => {
  test('every other key is kept as JSON', () => {
    const custom = { rssi: -60, fw: '1.2', ok: true, gone: null, gps: { lat: 1.5, fix: [1, null, 'x'] } }
    expect(one({ temperature: 1, ...custom }).custom).toEqual(custom)
  })

  test('the keys of customData are custom keys, and a key beside it wins', () => {
    expect(one({ customData: { a: 1, b: 2 }, b: 3 }).custom).toEqual({ a: 1, b: 3 })
    expect(one({ b: 3, customData: { a: 1, b: 2 } }).custom).toEqual({ a: 1, b: 3 })
    expect(one({ customData: { temperature: 5 } })).toEqual(readingOf({ custom: { temperature: 5 } }))
    expect(one({ customData: null }).custom).toBeNull()
    expect(one({ customData: [1] }).custom).toEqual({ customData: [1] })
  })

  test('__proto__ is just a key, at any depth', () => {
    const decoded = decodeText('{"__proto__":{"polluted":1,"__proto__":2},"constructor":3}', context)
    const custom = decoded.ok ? decoded.readings[0]?.custom : undefined
    expect(JSON.stringify(custom)).toBe('{"__proto__":{"polluted":1,"__proto__":2},"constructor":3}')
    expect(Object.getPrototypeOf(custom)).toBeNull()
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined()
  })

  test('what jsonb cannot hold is replaced in keys and text', () => {
    expect(one({ 'k\0': ['a\ud800b', { '\udfff': '😀' }] }).custom).toEqual({
      'k\uFFFD': ['a\uFFFDb', { '\uFFFD': '😀' }],
    })
  })

  test('64 keys are taken and 65 are too many', () => {
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))
    expect(Object.keys(one(keys(64)).custom ?? {})).toHaveLength(64)
    expect(rejection(decode(keys(65)))?.reason).toBe('too-many-custom')
    expect(rejection(decode({ x: 1, customData: keys(64) }))?.reason).toBe('too-many-custom')
  })

  test('16 levels are taken and 17 are too deep', () => {
    const deep = (depth: number) => decodeText(`{"a":${nested(depth, '[', ']')}}`, context)
    expect(deep(PAYLOAD_LIMITS.maxCustomDepth).ok).toBe(true)
    expect(rejection(deep(PAYLOAD_LIMITS.maxCustomDepth + 1))?.reason).toBe('too-many-custom')
  })
})

describe('messages', () => {
  test('an array holds several readings, in order', () => {
    const decoded = decode([{ temperature: 1 }, { temperature: 2 }])
    expect(decoded.ok && decoded.readings.map((reading) => reading.temperature)).toEqual([1, 2])
  })

  test('1,000 readings are taken and 1,001 are too many', () => {
    const many = (count: number) => decode(Array.from({ length: count }, () => ({})))
    expect(many(1000)).toMatchObject({ ok: true })
    expect(rejection(many(1001))?.reason).toBe('too-many-readings')
  })

  test('one bad reading refuses the whole message, and the detail names it', () => {
    const refused = rejection(decode([{ temperature: 1 }, { temperature: 'x' }]))
    expect(refused?.reason).toBe('bad-value')
    expect(refused?.detail).toMatch(/^reading 1: temperature /)
  })

  test.each(['null', '5', '"x"', 'true', '[]', '[5]', '[null]', '[[{}]]', '[{},[]]'])(
    '%s is a bad shape',
    (text) => {
      expect(rejection(decodeText(text, context))?.reason).toBe('bad-shape')
    },
  )

  test.each(['', ' ', 'on', '{', '{"temperature":nan}', '{"a":1}{"a":2}', "{'a':1}", '\0'])(
    '%j is not JSON',
    (text) => {
      expect(rejection(decodeText(text, context))?.reason).toBe('bad-json')
    },
  )

  test.each([
    ['arrays', nested(30_000, '[', ']'), 'bad-shape'],
    ['objects', `${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`, 'too-many-custom'],
    ['arrays in a reading', `{"deviceId":${nested(30_000, '[', ']')}}`, 'too-many-custom'],
    ['arrays in a metric', `{"humidity":${nested(30_000, '[', ']')}}`, 'bad-value'],
    ['arrays in a ts', `{"ts":${nested(30_000, '[', ']')}}`, 'bad-value'],
    ['arrays in a boot', `{"boot":${nested(30_000, '[', ']')}}`, 'bad-value'],
  ])('%s nested 30,000 deep are refused like any other', (_, text, reason) => {
    expect(rejection(decodeText(text, context))?.reason).toBe(reason)
  })

  test('the detail of a refusal stays short', () => {
    const detail = rejection(decode({ [`k${'x'.repeat(60_000)}`]: nestedValue(20) }))?.detail ?? ''
    expect(detail.length).toBeLessThan(200)
    expect(rejection(decode({ humidity: 'y'.repeat(60_000) }))?.detail.length).toBeLessThan(200)
  })

  test('a payload over the limit says both sizes', () => {
    expect(tooLarge(70_000)).toEqual({
      reason: 'too-large',
      detail: 'payload of 70000 bytes is over the limit of 65536',
    })
  })
})

const nestedValue = (depth: number): unknown => (depth === 0 ? 1 : [nestedValue(depth - 1)])
