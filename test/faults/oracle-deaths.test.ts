import { randomInt } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { playShort } from '../oracle/play-short.ts'
import { byChance, DEATHS } from '../oracle/short-form.ts'

test('killed and stopped at any point, whatever was acked is one row, and the balance sheet sums', async () => {
  const { outcome, failure } = await playShort(DEATHS)
  expect(failure).toBe('')
  expect(new Set(outcome.faults.map(({ kind }) => kind))).toEqual(new Set(DEATHS.kinds))
  expect(outcome.acked).toBeGreaterThan(1_000)
}, 180_000)

test('whatever chance does, whatever was acked is one row, and the balance sheet sums', async () => {
  const seed = randomInt(2 ** 32)
  process.stdout.write(`oracle: seed ${seed}\n`)
  const { outcome, failure } = await playShort(byChance(seed))
  expect(failure).toBe('')
  expect(outcome.faults.length).toBeGreaterThan(0)
}, 180_000)
