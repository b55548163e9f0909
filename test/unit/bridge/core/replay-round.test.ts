import { describe, expect, test } from '@jest/globals'
import { claimsOf } from '../../../../bridge/core/replay-claims.ts'
import { type Candidate, identityOf, nextRound } from '../../../../bridge/core/replay-round.ts'
import { LEASE_NUMBERS } from '../../../../bridge/core/seen-boot.ts'
import { readingOf } from '../../../support/readings.ts'

const T = Date.UTC(2026, 10, 23)

const numbered = (seq: number, device = 'a', boot = 'b') => readingOf(device, T + seq, { boot, seq })
const letter = (id: number, ...seqs: readonly number[]): Candidate => ({
  id,
  readings: seqs.map((seq) => numbered(seq)),
})
const idsOf = (letters: readonly { readonly id: number }[]) => letters.map(({ id }) => id)

describe('a round of letters to store', () => {
  test('leaves out readings that are known, and the second of two alike in one letter', () => {
    const known = new Set([identityOf(numbered(1)) ?? ''])
    const { now, later } = nextRound([letter(10, 1, 2, 2, 3)], known)
    expect(now).toEqual([{ id: 10, fresh: [numbered(2), numbered(3)], known: 2 }])
    expect(later).toEqual([])
  })

  test('lets a letter wait that holds a reading of one before it, also of one that waits', () => {
    const { now, later } = nextRound([letter(1, 1), letter(2, 1, 2), letter(3, 2), letter(4, 3)], new Set())
    expect([idsOf(now), idsOf(later)]).toEqual([
      [1, 4],
      [2, 3],
    ])
  })

  test('holds a letter of nothing but known readings, as one with nothing to store', () => {
    const known = new Set([identityOf(numbered(1)) ?? ''])
    expect(nextRound([letter(1, 1), letter(2, 1)], known)).toEqual({
      now: [
        { id: 1, fresh: [], known: 1 },
        { id: 2, fresh: [], known: 1 },
      ],
      later: [],
    })
  })

  test('takes readings without boot and seq for different ones, however alike', () => {
    const plain = readingOf('a', T)
    const { now } = nextRound([{ id: 1, readings: [plain, plain] }], new Set())
    expect(now[0]?.fresh).toEqual([plain, plain])
  })

  test('tells devices, boots and numbers apart', () => {
    const alike = [
      numbered(1),
      numbered(11),
      numbered(1, 'a', '1'),
      numbered(1, '1', 'a'),
      numbered(1, 'a', 'b/c'),
    ]
    expect(new Set(alike.map(identityOf)).size).toBe(alike.length)
  })
})

describe('what the table of boots is told', () => {
  test('is one claim a boot: the oldest time, and that of its highest block of numbers', () => {
    const high = numbered(LEASE_NUMBERS + 5)
    const readings = [
      numbered(7),
      { ...high, ts: T + 900 },
      { ...high, seq: LEASE_NUMBERS, ts: T + 800 },
      numbered(2),
    ]
    expect(claimsOf([...readings, numbered(1, 'c')])).toEqual([
      { deviceId: 'a', boot: 'b', oldest: T + 2, leaseFrom: LEASE_NUMBERS, leaseSince: T + 800 },
      { deviceId: 'c', boot: 'b', oldest: T + 1, leaseFrom: 0, leaseSince: T + 1 },
    ])
  })

  test('is nothing for readings without boot and seq', () => {
    expect(
      claimsOf([readingOf('a', T), readingOf('a', T, { boot: 'b' }), readingOf('a', T, { seq: 1 })]),
    ).toEqual([])
  })
})
