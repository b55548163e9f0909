import { describe, expect, test } from '@jest/globals'
import { newBoot, type SeenBoot } from '../../../../bridge/core/seen-boot.ts'
import { parseRecord, printRecord } from '../../../../bridge/core/seen-record.ts'

const trusted: SeenBoot = {
  ...newBoot('b2'),
  ranges: [1, 5, 9, 9],
  floor: 7,
  forgotten: 3,
  forgottenCount: 2,
  leaseFrom: 0,
  leaseSince: 1_700_000_000_000,
}

describe('the record of a device', () => {
  test('gives back its boots with what is trusted and what waits', () => {
    const waiting = { ...trusted, name: 'b3', waiting: { first: 4, last: 9, oldest: 1, lowest: -1 } }
    expect(parseRecord(printRecord([trusted, waiting]))).toEqual([trusted, waiting])
  })

  test('of an older version is read, and nothing of it trusted', () => {
    expect(parseRecord('[["b1",[0,5]]]')).toEqual([{ ...newBoot('b1'), ranges: [0, 5] }])
    expect(newBoot('b1').floor).toBe(Number.MAX_SAFE_INTEGER)
  })

  test.each([
    '',
    '{}',
    '[["b",[1]]]',
    '[["b",[0,1],[1,2,3,4,5]]]',
    '[["b",[0,1],[1,2,3,4,null,null]]]',
    '[["b",[0,1],[1,2,3,4,5,[1,2]]]]',
    '[["b",[0,1],[1,2,3,4,5,null],6]]',
  ])('damaged as %j is none', (record) => {
    expect(parseRecord(record)).toBeUndefined()
  })
})
