import { parseArgs } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { mayPublish, OPERATIONS, ROLES, rightsOf } from '../../bridge/core/access.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { SKETCH_NAMES } from '../../src/cli/sketches/sketches.ts'
import { readText } from './source-files.ts'

const text = readText('docs/access.md')

const quoted = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

/** Topics as they are written, whether the table holds them whole or level by level. */
const topics = (patterns: readonly (string | readonly string[])[]): readonly string[] =>
  patterns.map((pattern) => [pattern].flat().join('/'))

/** The rows of the table whose heading begins with this cell. */
const rowsOf = (heading: string): readonly (readonly string[])[] => {
  const [, after = ''] = text.split(new RegExp(`^\\| ${heading} \\|.*\\n\\|[-|]+\\n`, 'm'))
  const [table = ''] = after.split('\n\n')
  return table.split('\n').map((line) => line.slice(2, -2).split(' | '))
}

describe('the table of roles in docs/access.md', () => {
  const rows = rowsOf('role')

  test('has every role once, in their order', () => {
    expect(rows.map(([role = '']) => role)).toEqual(ROLES.map((role) => `\`${role}\``))
  })

  test.each(ROLES.map((role, index) => [role, index] as const))(
    'says of %s what the program holds',
    (role, index) => {
      const [, publish = '', retain = '', subscribe = '', operations = ''] = rows[index] ?? []
      const rights = rightsOf(role)
      expect(quoted(publish)).toEqual(topics(rights.publish))
      expect(quoted(retain)).toEqual(topics(rights.retain))
      expect(quoted(subscribe)).toEqual(topics(rights.subscribe))
      expect(quoted(operations)).toEqual(rights.operations)
    },
  )

  test('names what nobody may publish', () => {
    const [, sentence = ''] = /Nobody publishes to (.*?):/s.exec(text) ?? []
    const named = quoted(sentence).map((topic) => topic.replace('+', 'x').replace('#', 'y'))
    expect(named).toHaveLength(5)
    for (const topic of named) expect(mayPublish({ role: 'admin', name: 'me' }, topic)).toBe(false)
  })

  test('is followed by every operation', () => {
    expect(rowsOf('over HTTP').map(([name = '']) => quoted(name)[0])).toEqual([...OPERATIONS])
  })
})

test('docs/access.md has every sketch', () => {
  expect(rowsOf('`--sketch`').map(([name = '']) => quoted(name)[0])).toEqual([...SKETCH_NAMES])
})

describe('the commands in docs/access.md', () => {
  const written = [...text.matchAll(/^npx sluice ([^|>#\n]+)/gm)].map(([, line = '']) => line.trim())

  test('are many', () => {
    expect(written.length).toBeGreaterThan(10)
  })

  test.each([...new Set(written)])('sluice %s is understood', (line) => {
    const command = COMMANDS.find(({ name }) => line === name || line.startsWith(`${name} `))
    expect(command?.name).toBeDefined()
    const args = [...line.matchAll(/"[^"]*"|\S+/g)].map(([word]) => word).slice(2)
    const { positionals } = parseArgs({ args, options: command?.options ?? {}, allowPositionals: true })
    expect(positionals.length).toBeLessThanOrEqual(1)
  })
})
