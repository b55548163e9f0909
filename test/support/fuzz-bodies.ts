/** Random ids, header texts and bodies of each kind: JSON, broken JSON, forms, frames. */
import fc from 'fast-check'
import { fixture } from './recordings.ts'

/** In every id that tries to leave its folder, so that a file it made can be found. */
export const MARK = 'escaped-by-fuzz'

export const BAD_IDS: readonly string[] = [
  ...[`../${MARK}`, `../../${MARK}`, `..\\${MARK}`, `/tmp/${MARK}`, `..%2f${MARK}`, `%2e%2e%2f${MARK}`],
  ...[`%252e%252e%252f${MARK}`, `....//${MARK}`, `..;/${MARK}`, `${MARK}%00.jpg`, '..', '.', '%', '%E0%A4%A'],
  ...[
    'a"b',
    "a'b",
    'a\\b',
    '{"a":1}',
    '<b>',
    'a b',
    ' ',
    '%00',
    '%0d%0aX-Set: 1',
    '$SYS',
    'a/b',
    'a+b',
    'a#b',
  ],
  ...['__proto__', 'constructor', 'null', 'undefined', 'NaN', '-1', '1e999', '0x10', '9'.repeat(30), '1abc'],
  ...['rec_1.mp4', 'rec_../x.mp4', 'rec_1.mp4/..', 'x_1.jpg', '.hidden', 'ü', '\u{1f321}', 'x'.repeat(101)],
  'x'.repeat(5_000),
]

const GOOD_ID = 'fuzz-1'
export const id = fc.oneof(fc.constantFrom(...BAD_IDS), fc.constant(GOOD_ID), fc.string({ maxLength: 120 }))

const headerCharacter = (code: number): string => String.fromCharCode(code === 0x7f ? 0x20 : code)

/** As node's client lets them through: no control characters. */
export const headerText = fc.oneof(
  fc.constantFrom(...BAD_IDS.filter((text) => /^[\x20-\xff]*$/.test(text))),
  fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map(headerCharacter) }),
)

const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    0,
    -1,
    1e308,
    '1',
    [],
    {},
    [null],
    1.5,
    '\u0000',
    '\ud800',
    GOOD_ID,
  ),
  id,
  fc.jsonValue({ maxDepth: 4 }),
)

const FIELDS =
  'deviceId deviceName deviceType id name type ipAddress capabilities status uptime freeHeap wifiRssi command ' +
  'timestamp temperature humidity distance lightLevel pressure customData ts boot seq completedAt __proto__'

const fields = fc.record(Object.fromEntries(FIELDS.split(' ').map((name) => [name, anything])), {
  requiredKeys: [],
})
const nearlyRight = fields.map((given) => ({
  ...{ deviceId: GOOD_ID, deviceName: 'n', deviceType: 't', status: true, command: 'c', temperature: 1 },
  ...given,
}))

export const json = fc
  .oneof(nearlyRight, fields, fc.array(nearlyRight, { maxLength: 5 }), anything)
  .map((value) => JSON.stringify(value) ?? 'null')

export const brokenJson = fc.oneof(
  json.map((text) => text.slice(0, Math.max(0, text.length - 2))),
  fc.constantFrom(
    '{"__proto__":{"x":1}}',
    '['.repeat(5_000),
    '{"a":1e999}',
    '{"a":NaN}',
    '\u0000',
    '{',
    '"',
    'nul',
  ),
  fc.string(),
)

const jpeg = fixture('frame-vga.jpg')
export const MULTIPART = 'multipart/form-data; boundary=b'
const part = fc
  .tuple(fc.constantFrom('image', 'name', 'file', ''), headerText, fc.boolean())
  .map(([name, text, file]) => {
    const filename = file ? `; filename="${text.replaceAll('"', '')}"` : ''
    return `--b\r\nContent-Disposition: form-data; name="${name}"${filename}\r\n\r\n${text}\r\n`
  })
export const multipart = fc
  .tuple(fc.array(part, { maxLength: 4 }), fc.constantFrom('--b--\r\n', '--b', '', '--c--\r\n'))
  .map(([parts, end]) => parts.join('') + end)

/** A frame with some of its bytes changed, or cut. */
export const frame = fc
  .tuple(
    fc.nat({ max: jpeg.length }),
    fc.array(fc.tuple(fc.nat({ max: 2_000 }), fc.nat({ max: 255 })), { maxLength: 8 }),
  )
  .map(([length, changes]) => {
    const bytes = Buffer.from(jpeg.subarray(0, length % 2 === 0 ? jpeg.length : length))
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
    return bytes
  })
