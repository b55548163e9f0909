import { expect, test } from '@jest/globals'
import { FAULT_KINDS } from '../../oracle/fault.ts'
import { FAULTS } from '../../oracle/faults/index.ts'
import { DEATHS, kindsOf, OUTAGES } from '../../oracle/short-form.ts'
import { FAIL_POINTS } from '../../oracle/world.ts'

test('the fixed schedules of npm test hold every kind of fault', () => {
  const played = new Set([...kindsOf(DEATHS, FAULTS), ...kindsOf(OUTAGES, FAULTS)])
  expect([...played].sort()).toEqual([...FAULT_KINDS].sort())
})

test('every kind of fault and every fail point is in the table of faults, under names of their own', () => {
  const names = FAULTS.map(({ name }) => name)
  expect(new Set(FAULTS.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS))
  expect(names).toEqual(expect.arrayContaining(FAIL_POINTS.map((point) => `kill-at-${point}`)))
  expect(new Set(names).size).toBe(names.length)
})
