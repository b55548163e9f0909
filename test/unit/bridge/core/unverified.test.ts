import { beforeEach, describe, expect, test } from '@jest/globals'
import { LEASE_NUMBERS, newBoot, noteSequence, type SeenBoot } from '../../../../bridge/core/seen-boot.ts'
import { createUnverified, isSure, type Unverified } from '../../../../bridge/core/unverified.ts'
import { id } from './samples.ts'

const TS = 1_000_000

describe('boots to be looked up', () => {
  let unverified: Unverified
  let boot: SeenBoot
  beforeEach(() => {
    unverified = createUnverified()
    boot = newBoot('b')
  })

  const note = (seq: number, offset: number, ts = TS, of = boot): void => {
    const isNew = noteSequence(of, seq, 64)
    if (!isNew || !isSure(of, seq, ts)) unverified.add(of, { deviceId: id('a'), seq, ts }, { offset, isNew })
  }
  /** Stores the rows below `to`, of a table that held numbers up to `highest`. */
  const store = (to: number, highest = -1, from = 0): void => {
    for (const claim of unverified.below(to)) unverified.checked(boot, { ...claim, highest }, { from, to })
  }

  test('are those with rows in the batch', () => {
    note(1, 10)
    expect(unverified.below(10)).toEqual([])
    expect(unverified.below(11)).toEqual([
      { deviceId: 'a', boot: 'b', oldest: TS, leaseFrom: 0, leaseSince: TS },
    ])
  })

  test('are looked up once when the table had nothing of them', () => {
    note(1, 10)
    note(2, 11)
    store(11)
    expect(unverified.below(100)).toEqual([])
    note(3, 12)
    expect(unverified.below(100)).toEqual([])
  })

  test('come again with a number that the table may hold', () => {
    note(1_001, 0)
    store(1, 1_000)
    note(1_002, 1)
    expect(unverified.below(100)).toEqual([])
    note(7, 2)
    expect(unverified.below(100)).toHaveLength(1)
  })

  test('come again with a number that was forgotten, and with one that came before', () => {
    note(1, 0)
    store(1)
    boot.forgotten = 5
    note(4, 1)
    expect(unverified.below(2)).toHaveLength(1)
    store(2)
    note(1, 2)
    expect(unverified.below(3)).toHaveLength(1)
  })

  test('come again for the next lease, and for a row older than the lease', () => {
    note(1, 0)
    store(1)
    note(LEASE_NUMBERS, 1, TS + 5)
    expect(unverified.below(2)).toMatchObject([
      { oldest: TS + 5, leaseFrom: LEASE_NUMBERS, leaseSince: TS + 5 },
    ])
    store(2)
    note(LEASE_NUMBERS + 1, 2, TS + 4)
    expect(unverified.below(3)).toMatchObject([{ oldest: TS + 4, leaseSince: TS + 4 }])
  })

  test('come again when their claim has grown since it was written', () => {
    note(1, 0)
    const [claim] = unverified.below(1)
    if (claim === undefined) throw new Error('nothing to look up')
    note(2, 1, TS - 1)
    unverified.checked(boot, { ...claim, highest: -1 }, { from: 0, to: 1 })
    expect(unverified.below(1)).toEqual([])
    expect(unverified.below(2)).toMatchObject([{ oldest: TS - 1, leaseSince: TS - 1 }])
  })

  test('are not trusted by a batch with rows from before their time', () => {
    boot.unsureBelow = 5
    note(9, 5)
    store(6, 3, 4)
    note(4, 6)
    expect(unverified.below(7)).toHaveLength(1)
    store(7, 9, 6)
    note(10, 7)
    expect(unverified.below(8)).toEqual([])
  })

  test('are no more when the window gives them up', () => {
    note(1, 0)
    unverified.drop(boot)
    expect(unverified.below(1)).toEqual([])
  })

  test('of a record are told of from the start', () => {
    boot.waiting = { first: 50, last: 60, oldest: TS, lowest: 1 }
    unverified.resume(boot, id('a'))
    expect(unverified.below(1)).toHaveLength(1)
  })
})
