import { describe, expect, test } from '@jest/globals'
import { errorsLogged, judgeProcess } from '../../../oracle/verdict/process.ts'
import { goodEvidence } from './evidence-rig.ts'

const { ends, log } = goodEvidence()

const STACK = 'Error: broken\n    at Object.<anonymous> (file:///app/dist/src/main.js:12:7)\n    at next'

describe('the process of Sluice', () => {
  test('may be killed, or end with 0, and log errors about what is away', () => {
    expect(judgeProcess({ ends, log })).toEqual([])
  })

  test.each([
    ['a code that is not 0', { code: 1, signal: null, stderr: '' }, 'ended with code 1'],
    ['a crash', { code: null, signal: 'SIGABRT' as const, stderr: '' }, 'ended with SIGABRT'],
    [
      'a SIGTERM that nobody handled',
      { code: null, signal: 'SIGTERM' as const, stderr: '' },
      'ended with SIGTERM',
    ],
    ['a word on stderr', { code: 0, signal: null, stderr: STACK }, 'on stderr: Error: broken'],
  ])('may not end with %s', (_what, end, problem) => {
    expect(judgeProcess({ ends: [...ends, end], log })).toEqual([expect.stringContaining(problem)])
  })

  test.each([
    ['a fatal error', { level: 'fatal', msg: 'cannot start' }],
    ['a stack trace in a message', { level: 'warn', msg: STACK }],
    ['a stack trace in a field', { level: 'error', msg: 'failed', err: { type: 'Error', stack: STACK } }],
    ['an uncaught exception', { level: 'error', msg: 'uncaughtException' }],
    ['a balance that does not add up', { level: 'error', msg: 'the balance sheet has a remainder' }],
  ])('may not log %s', (_what, line) => {
    expect(judgeProcess({ ends, log: [...log, line] })).toEqual([expect.stringContaining('log: {')])
  })

  test('may leave half a line when it is killed, and no more than that', () => {
    const half = { unreadable: '{"level":"in' }
    expect(judgeProcess({ ends, log: [...log, half] })).toEqual([])
    expect(judgeProcess({ ends, log: [...log, half, half] })).toEqual([expect.stringContaining('no JSON')])
  })

  test('has its errors counted for the report', () => {
    const line = { level: 'error', msg: 'Postgres is away' }
    expect(errorsLogged([...log, line])).toEqual({ 'Postgres is away': 2 })
  })
})
