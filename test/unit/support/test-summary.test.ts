import { describe, expect, test } from '@jest/globals'
import { type JestResult, needsPostgres, summarise } from '../../support/test-summary.ts'

const result = (changes: Partial<JestResult>): JestResult => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  ...changes,
})

describe('whether a run needs Postgres', () => {
  test.each([
    [[], true],
    [['--selectProjects', 'unit'], false],
    [['--selectProjects', 'unit', 'architecture', '--', 'test/unit'], false],
    [['--selectProjects=unit', '--selectProjects=architecture'], false],
    [['--selectProjects', 'unit', 'services'], true],
    [['--selectProjects', 'unit', '-t', 'services'], false],
    [['--selectProjects=system'], true],
    [['-t', 'unit'], true],
    [['--verbose', 'unit'], true],
  ])('%j: %p', (args, expected) => {
    expect(needsPostgres(args)).toBe(expected)
  })
})

describe('the last line', () => {
  test.each([
    ['all passed', result({}), 0, '3 passed, 0 failed', 0],
    ['some skipped', result({ numPendingTests: 1, numTodoTests: 1 }), 0, '3 passed, 0 failed, 2 skipped', 0],
    ['one failed', result({ numFailedTests: 1 }), 1, '3 passed, 1 failed', 1],
    ['a file could not be run', result({ numRuntimeErrorTestSuites: 2 }), 1, '3 passed, 2 failed', 1],
    ['jest failed though every test passed', result({}), 1, '3 passed, 1 failed', 1],
    ['a failed test that jest forgave', result({ numFailedTests: 1 }), 0, '3 passed, 1 failed', 1],
    ['jest left no result', undefined, 137, '0 passed, 1 failed', 137],
    ['jest left no result and no code', undefined, 0, '0 passed, 1 failed', 1],
  ])('%s', (_case, given, code, line, exitCode) => {
    expect(summarise(given, code)).toEqual({ line, exitCode })
  })
})
