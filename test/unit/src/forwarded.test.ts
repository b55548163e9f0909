import { describe, expect, test } from '@jest/globals'
import { isForwarded, isForwardedRaw } from '../../../src/forwarded.ts'

describe('a request', () => {
  test.each(['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP', 'Via'])(
    'with %s came through a proxy',
    (name) => {
      expect(isForwarded({ host: 'a', [name.toLowerCase()]: '' })).toBe(true)
      for (const sent of [name, name.toLowerCase(), name.toUpperCase()])
        expect(isForwardedRaw(['Host', 'a', sent, ''])).toBe(true)
    },
  )

  test('with none of them did not, whatever its values say', () => {
    expect(isForwarded({ host: 'via', 'user-agent': 'x-real-ip', 'accept-encoding': 'gzip' })).toBe(false)
    expect(isForwardedRaw(['Host', 'via', 'Accept-Encoding', 'Forwarded', 'Accept', 'X-Real-IP'])).toBe(false)
  })
})
