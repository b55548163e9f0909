import { describe, expect, test } from '@jest/globals'
import { hrefOf, parseHash } from '../../../../src/dashboard/router.ts'

describe('the views of the page', () => {
  test.each([
    ['', { name: 'list' }],
    ['#', { name: 'list' }],
    ['#/', { name: 'list' }],
    ['#/system', { name: 'system' }],
    ['#/device/porch', { name: 'device', id: 'porch' }],
    ['#/device/porch?range=7d', { name: 'device', id: 'porch' }],
    ['#/device/a%20b%3F%25', { name: 'device', id: 'a b?%' }],
    ['#/device/', { name: 'unknown' }],
    ['#/device/%E0%A4%A', { name: 'unknown' }],
    ['#/nothing', { name: 'unknown' }],
  ])('%j is %j', (hash, view) => {
    expect(parseHash(hash)).toEqual(view)
  })

  test.each(['porch', 'Käse 1', 'a?b%c', '日本'])('the address of device %j leads back to it', (id) => {
    expect(parseHash(hrefOf({ name: 'device', id }))).toEqual({ name: 'device', id })
  })

  test('the address of a view without parameters leads back to it', () => {
    for (const name of ['list', 'system'] as const) expect(parseHash(hrefOf({ name }))).toEqual({ name })
  })
})
