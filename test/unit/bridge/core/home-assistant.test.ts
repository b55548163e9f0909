import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  componentsOf,
  discoveryConfig,
  discoveryTopic,
  isCovered,
  jinjaText,
  joinComponents,
  NO_COMPONENTS,
  objectIdOf,
} from '../../../../bridge/core/home-assistant.ts'
import type { Latest } from '../../../../bridge/core/latest.ts'
import { METRICS } from '../../../../bridge/core/reading.ts'
import { deviceId } from '../../../support/readings.ts'

const latestOf = (values: Latest['values'], custom: Latest['custom'] = null): Latest => ({
  deviceId: deviceId('porch'),
  ts: 1,
  receivedAt: 1,
  values,
  custom,
})

const PORCH = { id: deviceId('porch'), name: 'Porch', type: 'esp32' }

interface Sensor {
  readonly [option: string]: string
}

const configOf = (subject: typeof PORCH, latest: Latest) =>
  JSON.parse(discoveryConfig(subject, componentsOf(latest), '1.2.3')) as {
    readonly dev: unknown
    readonly o: unknown
    readonly avty_t: string
    readonly cmps: { readonly [name: string]: Sensor }
  }

/** What Jinja reads a string literal as: Python's unicode-escape. */
const readJinja = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(/\\U([0-9a-f]{8})|\\u([0-9a-f]{4})/g, (_, long?: string, short?: string) =>
      String.fromCodePoint(Number.parseInt(long ?? short ?? '', 16)),
    )

describe('an object id', () => {
  test('is of the characters that Home Assistant takes, and short enough for any device id', () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 })
    fc.assert(
      fc.property(units, (codes) => {
        const text = String.fromCharCode(...codes)
        const id = objectIdOf(text)
        return /^[a-zA-Z0-9_-]*$/.test(id) && id.length <= 5 * text.length
      }),
    )
  })

  test('is never that of another text', () => {
    const near = fc.string({ unit: fc.constantFrom('a', '_', '5', 'f', '0', ' ', 'ü', '😀'), maxLength: 8 })
    fc.assert(
      fc.property(near, near, (one, other) => {
        return (objectIdOf(one) === objectIdOf(other)) === (one === other)
      }),
      { numRuns: 1_000 },
    )
    expect([objectIdOf('living_room'), objectIdOf('K ü')]).toEqual(['living__room', 'K_0020_00fc'])
  })
})

test('a key in a template is that key, and ends nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (key) => {
      const literal = jinjaText(key)
      return /^'[a-zA-Z0-9_ \\-]*'$/.test(literal) && readJinja(literal) === key
    }),
  )
})

describe('the discovery message', () => {
  test('has what Home Assistant requires of it, once for the device and for each component', () => {
    const all = Object.fromEntries(METRICS.map((metric, index) => [metric, index]))
    const { dev, o, avty_t, cmps } = configOf(PORCH, latestOf(all, { battery: 3.9 }))
    expect(dev).toEqual({ ids: ['sluice_porch'], name: 'Porch', mdl: 'esp32' })
    expect(o).toMatchObject({ name: 'Sluice', sw: '1.2.3' })
    expect(avty_t).toBe('devices/porch/status')
    expect(Object.keys(cmps)).toEqual([
      ...METRICS.map((metric) => `metric_${metric}`),
      'key_battery',
      'buzzer',
    ])
    for (const { p, uniq_id: id, name } of Object.values(cmps)) {
      expect(['sensor', 'button']).toContain(p)
      expect([typeof id, typeof name]).toEqual(['string', 'string'])
    }
    expect(new Set(Object.values(cmps).map(({ uniq_id: id }) => id)).size).toBe(METRICS.length + 2)
  })

  test.each([
    ['temperature', 'temperature', '°C'],
    ['humidity', 'humidity', '%'],
    ['distance', 'distance', 'cm'],
    ['pressure', 'atmospheric_pressure', 'hPa'],
    ['altitude', 'distance', 'm'],
    ['co2Level', 'carbon_dioxide', 'ppm'],
    ['lightLevel', undefined, undefined],
  ] as const)('says what %s is', (metric, deviceClass, unit) => {
    const sensor = configOf(PORCH, latestOf({ [metric]: 1 })).cmps[`metric_${metric}`]
    expect([sensor?.dev_cla, sensor?.unit_of_meas]).toEqual([deviceClass, unit])
    expect(sensor).toMatchObject({
      stat_cla: 'measurement',
      stat_t: 'sensors/porch/latest',
      val_tpl: `{{ value_json['values']['${metric}'] | default('') }}`,
    })
  })

  test('has a button that asks for a beep', () => {
    expect(configOf(PORCH, latestOf({})).cmps.buzzer).toMatchObject({
      cmd_t: 'buzzer/porch/cmd',
      pl_prs: 'ON',
    })
  })

  test('is the same for the same device, in whatever order its values came', () => {
    const one = discoveryConfig(
      PORCH,
      componentsOf(latestOf({ humidity: 1, temperature: 2 }, { b: 1, a: 1 })),
      '1',
    )
    const other = discoveryConfig(
      PORCH,
      componentsOf(latestOf({ temperature: 2, humidity: 1 }, { a: 1, b: 1 })),
      '1',
    )
    expect(one).toBe(other)
  })

  test('goes to a topic of three levels under the prefix', () => {
    expect(discoveryTopic('homeassistant', deviceId('a_b'))).toBe('homeassistant/device/sluice_a__b/config')
  })
})

describe('what is announced', () => {
  test('are metrics and custom numbers: no text, no boolean, no nested value, no overlong key', () => {
    const { keys } = componentsOf(
      latestOf({}, { n: 1, text: 'x', yes: true, none: null, nested: { n: 1 }, [`k${'x'.repeat(200)}`]: 1 }),
    )
    expect([...keys]).toEqual(['n'])
  })

  test('covers the same values again, and nothing that is new', () => {
    const known = componentsOf(latestOf({ temperature: 1 }, { n: 1 }))
    expect(isCovered(known, latestOf({ temperature: 9 }, { n: 2, label: 'x' }))).toBe(true)
    expect(isCovered(known, latestOf({ temperature: 9, humidity: 1 }))).toBe(false)
    expect(isCovered(known, latestOf({}, { m: 1 }))).toBe(false)
    expect(isCovered(NO_COMPONENTS, latestOf({}))).toBe(true)
  })

  test('never shrinks, and holds 64 keys at most', () => {
    const keys = Array.from({ length: 200 }, (_, index) => `k${index}`)
    const full = joinComponents(
      { metrics: new Set(['humidity']), keys: new Set(['first']) },
      { metrics: [], keys },
    )
    expect([full.metrics.has('humidity'), full.keys.has('first'), full.keys.size]).toEqual([true, true, 64])
    expect(isCovered(full, latestOf({}, { another: 1 }))).toBe(true)
  })
})
