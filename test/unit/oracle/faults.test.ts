import { expect, test } from '@jest/globals'
import type { FaultKind } from '../../oracle/fault.ts'
import { FAULTS } from '../../oracle/faults/index.ts'
import { FAIL_POINTS } from '../../oracle/world.ts'

const KINDS: Readonly<Record<FaultKind, true>> = {
  kill: true,
  'fail-point': true,
  stop: true,
  postgres: true,
  link: true,
  redis: true,
  disk: true,
  spool: true,
}

test('every kind of fault is there, and no name twice', () => {
  expect(new Set(FAULTS.map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS)))
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length)
})

test('Sluice is killed at each of its fail points', () => {
  const names = FAULTS.filter(({ kind }) => kind === 'fail-point').map(({ name }) => name)
  expect(names.sort()).toEqual(FAIL_POINTS.map((point) => `kill-at-${point}`).sort())
})

test('acked readings may be missing only where the files that held them were damaged', () => {
  expect(FAULTS.filter(({ mayLose }) => mayLose).map(({ kind }) => kind)).toEqual(['spool'])
})
