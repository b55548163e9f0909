import { describe, expect, test } from '@jest/globals'
import { mayConnectFrom } from '../../../../../src/facade/http/origin.ts'

const LISTED = ['https://board.example', 'http://localhost:5173']

describe('a socket', () => {
  test.each([
    ['of a board, which names no origin', undefined, 'sluice:3000', [], true],
    ['of a page of the same host and port', 'http://sluice:3000', 'sluice:3000', [], true],
    ['of a page served over TLS in front of it', 'https://Sluice.example', 'sluice.example', [], true],
    ['of a page of the same host, another port', 'http://sluice:8080', 'sluice:3000', [], false],
    ['of a page of another site', 'https://evil.example', 'sluice:3000', [], false],
    ['of a page of a listed site', 'https://board.example', 'sluice:3000', LISTED, true],
    ['of a page of a listed site, in capitals', 'HTTPS://Board.example', 'sluice:3000', LISTED, true],
    [
      'of a page whose site begins as a listed one',
      'https://board.example.evil',
      'sluice:3000',
      LISTED,
      false,
    ],
    ['of a page of a listed host, another scheme', 'http://board.example', 'sluice:3000', LISTED, false],
    ['of a page without an origin of its own', 'null', 'sluice:3000', LISTED, false],
    ['of a file', 'file://', 'sluice:3000', [], false],
    ['of any page where any may', 'null', 'sluice:3000', ['*'], true],
    ['of a page, without a host', 'http://sluice:3000', undefined, [], false],
    ['with an empty origin', '', '', [], false],
  ])('%s: %s at %s with %j may connect: %s', (_name, origin, host, allowed, may) => {
    expect(mayConnectFrom({ origin, host }, allowed)).toBe(may)
  })
})

test.each([
  ['http://evil.example:3000', 'evil.example:3000', false],
  ['http://localhost:3000', 'localhost:3000', true],
  ['http://127.0.0.1:3000', '127.0.0.1:3000', true],
  ['http://[::1]:3000', '[::1]:3000', true],
])('where this machine alone is let in, a page %s of host %s may: %s', (origin, host, may) => {
  expect(mayConnectFrom({ origin, host }, [], true)).toBe(may)
  expect(mayConnectFrom({ origin, host }, [], false)).toBe(true)
  expect(mayConnectFrom({ origin, host }, [origin], true)).toBe(true)
})
