import { describe, expect, test } from '@jest/globals'
import { hexDump } from '../../../../src/cli/hex-dump.ts'
import { parseMoment } from '../../../../src/cli/moment.ts'
import { cut, printable, printableLines } from '../../../../src/cli/printable.ts'
import { jsonLines, table } from '../../../../src/cli/table.ts'

const NOW = Date.UTC(2026, 10, 23, 12)

describe('a moment', () => {
  test.each([
    ['90s', NOW - 90_000],
    ['15m', NOW - 900_000],
    ['2h', NOW - 7_200_000],
    ['30d', NOW - 30 * 86_400_000],
    ['1w', NOW - 7 * 86_400_000],
    ['2026-11-23', Date.UTC(2026, 10, 23)],
    ['2026-11-23T04:00', Date.UTC(2026, 10, 23, 4)],
    ['2026-11-23 04:00:05.250', Date.UTC(2026, 10, 23, 4, 0, 5, 250)],
    ['2026-11-23T04:00Z', Date.UTC(2026, 10, 23, 4)],
    ['2026-11-23T04:00:00+02:00', Date.UTC(2026, 10, 23, 2)],
  ])('%s is read', (text, expected) => {
    expect(parseMoment(text, '--since', NOW)).toBe(expected)
  })

  test.each([
    '',
    '2',
    'h',
    '-2h',
    '2y',
    '2.5h',
    'yesterday',
    '2026-11',
    '2026-06-31',
    '2026-13-01',
    '2026-11-23T25:00',
  ])('%j is none, and the option is named', (text) => {
    expect(() => parseMoment(text, '--since', NOW)).toThrow(/^--since .* is no time/)
  })
})

describe('text of boards on a terminal', () => {
  test('cannot move the cursor, change its colour or turn its direction', () => {
    expect(printable('a\u001b[2Jb\r\n\u009b1m\u202ec☃\ud800')).toBe(
      'a\\u{1b}[2Jb\\u{d}\\u{a}\\u{9b}1m\\u{202e}c☃\\u{d800}',
    )
    expect(printableLines('{\n\t"a": "\u001b"\r\n}')).toBe('{\n\t"a": "\\u{1b}"\\u{d}\n}')
  })

  test('is cut by characters, and says so', () => {
    expect(cut('☃☃☃', 3)).toBe('☃☃☃')
    expect(cut('😀😀😀😀', 3)).toBe('😀😀…')
    expect(cut('a\nb', 20)).toBe('a\\u{a}b')
    expect(cut('\n'.repeat(30), 10)).toHaveLength(10)
  })
})

describe('a table', () => {
  test('has its columns aligned, numbers to the right, and no blanks at the ends', () => {
    const columns = [{ title: 'ID', align: 'right' }, { title: 'NAME' }, { title: 'X' }] as const
    expect(
      table(columns, [
        ['1', '☃', ''],
        ['1234', 'lounge', 'y'],
      ]),
    ).toBe(['  ID  NAME    X', '   1  ☃', '1234  lounge  y', ''].join('\n'))
  })

  test('for programs is one object a line', () => {
    expect(jsonLines([{ a: 'x\ny' }, { a: 1 }])).toBe('{"a":"x\\ny"}\n{"a":1}\n')
  })
})

test('a hex dump shows where, in hexadecimal, and what is ASCII', () => {
  const bytes = Uint8Array.from({ length: 18 }, (_, at) => at + 0x70)
  expect(hexDump(bytes)).toBe(
    '00000000  70 71 72 73 74 75 76 77  78 79 7a 7b 7c 7d 7e 7f  |pqrstuvwxyz{|}~.|\n' +
      '00000010  80 81                                             |..|\n',
  )
  expect(hexDump(new Uint8Array(0))).toBe('')
})
