import { describe, expect, test } from '@jest/globals'
import type { Problem } from '../../../../../src/dashboard/api.ts'
import type { LiveState } from '../../../../../src/dashboard/live/live-client.ts'
import type { Reach } from '../../../../../src/dashboard/reach.ts'
import { trouble } from '../../../../../src/dashboard/shell/trouble.ts'

const time = (at: number): string => `<${at}>`
const LIVE: LiveState = { kind: 'live' }
const LOST: LiveState = { kind: 'lost', since: 7 }
const OK: Reach = { kind: 'ok', at: 1 }
const failing = (kind: 'unreachable' | 'missing' | 'forbidden' | 'timeout'): Reach => ({
  kind: 'failing',
  since: 5,
  problem: { kind, message: 'The server cannot be reached' } as Problem,
})
const told = (live: LiveState, reach: Reach): string =>
  Object.values(trouble(live, reach, time) ?? { level: 'nothing' }).join(': ')

describe('what the banner says', () => {
  test('is nothing while all is well, or not known yet', () => {
    expect(trouble(LIVE, OK, time)).toBeUndefined()
    expect(trouble({ kind: 'connecting' }, { kind: 'unknown' }, time)).toBeUndefined()
  })

  test.each([
    ['since when live values are missing', LOST, OK, /^warning: .*lost at <7>.*every few seconds/],
    [
      'since when nothing comes at all',
      LOST,
      failing('unreachable'),
      /^error: No connection to Sluice since <5>/,
    ],
    [
      'of when the list is while only live values come',
      LIVE,
      failing('timeout'),
      /^warning: .*Live values go on.*<5>/,
    ],
    ['that the broker is another program', { kind: 'unavailable' }, OK, /^note: .*BROKER_URL/],
    ['that a role may not read', LIVE, failing('forbidden'), /^error: You may not read/],
    ['that a server is too old for it', LIVE, failing('missing'), /^error: .*another version/],
  ] as const)('is %s', (_what, live, reach, words) => {
    expect(told(live, reach)).toMatch(words)
  })
})
