import { describe, expect, test } from '@jest/globals'
import { createKeyCheck } from '../../../../../src/facade/http/api-key.ts'

const check = createKeyCheck('k-1')

describe('a request', () => {
  test.each([
    ['the header', { 'x-api-key': 'k-1' }, '/api/v1/devices', 'ok'],
    ['the query', {}, '/?apiKey=k-1', 'ok'],
    ['the query, encoded', {}, '/?a=b&apiKey=k%2D1', 'ok'],
    ['nothing', {}, '/api/v1/devices', 'missing'],
    ['another query', {}, '/?apikey=k-1', 'missing'],
    ['an empty header', { 'x-api-key': '' }, '/', 'wrong'],
    ['an empty query', {}, '/?apiKey=', 'wrong'],
    ['a part of the key', { 'x-api-key': 'k-' }, '/', 'wrong'],
    ['more than the key', { 'x-api-key': 'k-1x' }, '/', 'wrong'],
    ['the key twice', {}, '/?apiKey=k-1&apiKey=k-1', 'wrong'],
    ['a wrong header beside the right query', { 'x-api-key': 'x' }, '/?apiKey=k-1', 'wrong'],
    ['a query that is no UTF-8', {}, '/?apiKey=%ff', 'wrong'],
  ] as const)('with %s is judged', (_name, headers, url, verdict) => {
    expect(check(headers, url)).toBe(verdict)
  })
})
