import { expect, test } from '@jest/globals'
import { negotiate } from '../../../../../src/facade/http/negotiate.ts'

test.each([
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['', 'application/json'],
  ['text/csv', 'text/csv'],
  ['TEXT/CSV; charset=utf-8', 'text/csv'],
  ['text/*', 'text/csv'],
  ['image/png', 'application/json'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/json'],
  ['application/json;q=0.5, application/x-ndjson', 'application/x-ndjson'],
  ['text/csv;q=0, */*', 'application/json'],
])('for Accept %j is %s', (accept, expected) => {
  expect(negotiate(accept, ['application/json', 'text/csv', 'application/x-ndjson'])).toBe(expected)
})
