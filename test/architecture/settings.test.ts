import { describe, expect, test } from '@jest/globals'
import { loadConfig, SETTING_NAMES } from '../../src/load-config.ts'
import { readText } from './source-files.ts'

const example = readText('.env.example')
const assignments = example
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line))
  .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)

/** The names in the first column of the settings table. */
const documented = [...readText('README.md').matchAll(/^\| `([A-Z_]+)` /gm)].map((match) => match[1])

describe('the settings in the documents', () => {
  test('.env.example holds every setting once, each with its default', () => {
    expect(assignments.map(([name]) => name).sort()).toEqual([...SETTING_NAMES].sort())
    expect(loadConfig(Object.fromEntries(assignments), '/srv')).toEqual(loadConfig({}, '/srv'))
  })

  test('the table in README.md holds every setting once', () => {
    expect([...documented].sort()).toEqual([...SETTING_NAMES].sort())
  })
})
