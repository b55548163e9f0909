import { describe, expect, test } from '@jest/globals'
import { BridgeError, type BridgeErrorCode } from '../../../../bridge/index.ts'
import { outageOf } from '../../../../src/facade/errors.ts'

const EXPECTED: { readonly [code in BridgeErrorCode]: 'comes again' | 'unexpected' } = {
  STORE_UNAVAILABLE: 'comes again',
  SPOOL_FULL: 'comes again',
  BUSY: 'comes again',
  SPOOL_BROKEN: 'comes again',
  STOPPING: 'comes again',
  TIMEOUT: 'comes again',
  ROW_REFUSED: 'unexpected',
  CURSOR_MOVED: 'unexpected',
  SPOOL_LOCKED: 'unexpected',
  LISTEN_FAILED: 'unexpected',
  TLS_FILES: 'unexpected',
  EMBEDDED_POSTGRES: 'unexpected',
  NO_CREDENTIALS: 'unexpected',
  CLIENT_ID_FILE: 'unexpected',
}

describe('an error of the bridge', () => {
  test.each(Object.keys(EXPECTED) as BridgeErrorCode[])(
    '%s is an outage only when a retry can help',
    (code) => {
      const outage = outageOf(new BridgeError(code, 'postgres://user:secret@host'))
      expect(outage === undefined ? 'unexpected' : 'comes again').toBe(EXPECTED[code])
      expect(JSON.stringify(outage) ?? '').not.toContain('secret')
    },
  )

  test('anything else is unexpected', () => {
    expect(outageOf(Object.assign(new Error('x'), { code: 'SPOOL_FULL' }))).toBeUndefined()
    expect(outageOf(undefined)).toBeUndefined()
  })
})
