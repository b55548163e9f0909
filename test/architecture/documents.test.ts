import { describe, expect, test } from '@jest/globals'
import { metricFamilies } from '../support/metrics-rig.ts'
import { readText, sourceFiles } from './source-files.ts'

const operations = readText('docs/operations.md')

/** The first cells of the table rows under a heading, from `from` up to the next one. */
const firstCells = (text: string, from: string): readonly string[] => {
  const [, section = ''] = text.split(from)
  const [table = ''] = section.split(/^## /m)
  return [...table.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell)
}

const quoted = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text)

const matches = (text: string, pattern: string): boolean => {
  const parts = pattern.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(text)
}

describe('the metrics in docs/operations.md', () => {
  /** `sluice_buzzer_pending`, `_unsaved`: a name that begins with an underscore is of the family before it. */
  const documented = firstCells(operations, '`GET /metrics`').flatMap((cell) => {
    const names = quoted(cell).map((name) => name.replace(/\{.*/, ''))
    const family = /^sluice_[a-z]+/.exec(names[0] ?? '')?.[0] ?? ''
    return names
      .filter((name) => /^(sluice)?_\w+$/.test(name))
      .map((name) => name.replace(/^_/, `${family}_`))
  })

  test('are those of GET /metrics, each once; those of Node itself are told as one', async () => {
    const own = (await metricFamilies()).filter(({ isOfNode }) => !isOfNode)
    expect([...documented].sort()).toEqual(own.map(({ name }) => name).sort())
  })
})

describe('the log lines in docs/operations.md', () => {
  const LINES = [
    /level: '(?:warn|error|fatal)',\s*msg: (['`])(.+?)\1/g,
    /\blog\??\.(?:warn|error|fatal)\(\s*(?:\{[^}]*\},\s*)?(['`])(.+?)\1/g,
    /\bwarn\((['`])(.+?)\1\)/g,
  ]
  const program = sourceFiles().filter(({ path }) => path.startsWith('src/'))
  const written = program.flatMap(({ text }) =>
    LINES.flatMap((line) =>
      [...text.matchAll(line)].map(([, , msg = '']) => msg.replace(/\$\{[^}]*\}/g, '…')),
    ),
  )
  const documented = firstCells(operations, '## What the log asks for').flatMap(quoted)

  test('are written somewhere in the program', () => {
    const texts = program.map(({ text }) => text).join('\n')
    const unknown = documented.filter((line) => !line.split('…').every((part) => texts.includes(part)))
    expect(unknown).toEqual([])
  })

  test('are all that warn or tell of an error', () => {
    expect(written.length).toBeGreaterThan(20)
    const missing = written.filter(
      (line) => !documented.some((entry) => matches(line, entry) || matches(entry, line)),
    )
    expect(missing).toEqual([])
  })
})

describe.each(['docs/guarantees.md', 'docs/mosquitto.md'])('the tests that %s names', (document) => {
  // A line that goes on is joined with the one before; rows of tables stay apart.
  const text = readText(document).replace(/\n(?![|\n])/g, ' ')
  const named = [...text.matchAll(/`([\w./-]+\.test\.ts)`(?:: ([^|;`\n]+))?/g)].map(
    ([, path = '', name = '']) => [path, name.trim().replace(/\.$/, '')] as const,
  )

  /** Full names of a file's tests, as jest shows them; what is filled in is `…`. */
  const testsIn = (path: string): readonly string[] => {
    let group = ''
    const titles = readText(`test/${path}`).matchAll(
      /^ *(describe|test)(?:\.each\(\w+\))?\(\s*(['"`])(.+?)\2,/gm,
    )
    return [...titles].flatMap(([, kind, , title = '']) => {
      const shown = title.replace(/\$\{[^}]*\}/g, '…')
      if (kind === 'describe') group = shown
      return kind === 'test' ? [shown, `${group} ${shown}`] : []
    })
  }

  test.each(named)('%s: %s', (path, name) => {
    const known = testsIn(path)
    expect(known).not.toEqual([])
    if (name !== '') {
      const found = known.some((title) => matches(title, name) || matches(name, title))
      expect({ name, found }).toEqual({ name, found: true })
    }
  })
})
