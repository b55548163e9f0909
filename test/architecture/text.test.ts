import { describe, expect, test } from '@jest/globals'
import { type SourceFile, sourceFiles } from './source-files.ts'

const MAX_LINES = 250
// Put together here, so that this file does not hold what it looks for.
const OPEN_NOTES = new RegExp(`\\b(${['TO', 'FIX'].map((start, i) => start + ['DO', 'ME'][i]).join('|')})\\b`)
const MODULE_MOCK = new RegExp(`\\bjest\\.${'(mock|unstable_mockModule|doMock)'}\\(`)

const lines = (text: string): number => text.replace(/\n$/, '').split('\n').length

const isTest = (path: string): boolean => path.startsWith('test/')

const tooLong = (files: readonly SourceFile[]): readonly string[] =>
  files.filter(({ path, text }) => !isTest(path) && lines(text) > MAX_LINES).map(({ path }) => path)

const holding = (files: readonly SourceFile[], pattern: RegExp): readonly string[] =>
  files.filter(({ text }) => pattern.test(text)).map(({ path }) => path)

const files = sourceFiles()

describe('the text of this project', () => {
  test(`no file but a test is longer than ${MAX_LINES} lines`, () => {
    expect(tooLong(files)).toEqual([])
  })

  test('no note of open work is left in the code', () => {
    expect(holding(files, OPEN_NOTES)).toEqual([])
  })

  test('no test replaces a module', () => {
    expect(holding(files, MODULE_MOCK)).toEqual([])
  })
})

describe('these rules bite', () => {
  const made = (path: string, text: string): SourceFile => ({ path, text })

  test('one line too many is too long, in code but not in a test', () => {
    const long = `${'x\n'.repeat(MAX_LINES)}x\n`
    const fits = 'x\n'.repeat(MAX_LINES)
    expect(tooLong([made('src/a.ts', long), made('src/b.ts', fits), made('test/c.test.ts', long)])).toEqual([
      'src/a.ts',
    ])
  })

  test('an open note and a module mock are found', () => {
    const note = made('src/a.ts', `// TO${'DO'}: later`)
    const mock = made('test/a.test.ts', `jest.${'mock'}('./b.ts')`)
    expect(holding([note, mock], OPEN_NOTES)).toEqual(['src/a.ts'])
    expect(holding([note, mock], MODULE_MOCK)).toEqual(['test/a.test.ts'])
  })
})
