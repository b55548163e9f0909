/** Any reading, id and text that the core may hold, for property tests. */
import fc from 'fast-check'
import { parseDeviceId } from '../../../../bridge/core/device-id.ts'
import type { JsonValue, Reading } from '../../../../bridge/core/reading.ts'

/** Text that Postgres can hold, with plenty of what COPY has to escape. */
const awkward = fc.constantFrom(
  '\t',
  '\n',
  '\r',
  '\\',
  '\\N',
  '\\.',
  '"',
  'ä',
  '😀',
  '\u2028',
  '\b',
  '{',
  ',',
  "'",
)
export const storableText = fc
  .array(fc.oneof(awkward, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 6 })
  .map((parts) => parts.join('').replaceAll('\0', ''))

export const anyDeviceId = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  )
  .map((text) => parseDeviceId(text))
  .filter((parsed) => parsed !== undefined)

const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
const metric = fc.option(fc.oneof(finite, fc.constantFrom(0, -0, 1e21, 1e-7, 5e-324, 1.7976931348623157e308)))

const { value: anyCustomValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    storableText,
    finite,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(storableText, tie('value'), { maxKeys: 4, noNullPrototype: false }),
  ),
}))
const anyCustom = fc
  .dictionary(fc.oneof(storableText, fc.constant('__proto__')), anyCustomValue, { maxKeys: 6 })
  .map((entries) => Object.assign(Object.create(null), entries) as { [key: string]: JsonValue })

const time = fc.integer({ min: 1e12, max: 4e12 })

/** Any reading the core may hold. */
export const anyReading: fc.Arbitrary<Reading> = fc.record({
  deviceId: anyDeviceId,
  ts: time,
  receivedAt: time,
  tsSource: fc.constantFrom('device', 'derived', 'server'),
  uptimeMs: fc.option(fc.maxSafeNat()),
  boot: fc.option(storableText.filter((text) => text.length > 0)),
  seq: fc.option(fc.maxSafeNat()),
  temperature: metric,
  humidity: metric,
  distance: metric,
  lightLevel: fc.option(fc.integer()),
  pressure: metric,
  altitude: metric,
  co2Level: metric,
  custom: fc.option(anyCustom),
})
