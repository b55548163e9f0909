import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createBalanceWatch } from '../../../src/balance-watch.ts'
import { sheetOf } from '../../support/balance-sheets.ts'

const EVERY_MS = 5_000

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

const createRig = async () => {
  const now = { remainder: 0 }
  const lines: { readonly level: string; readonly msg: string; readonly remainder?: unknown }[] = []
  const watch = createBalanceWatch({
    balance: () => sheetOf({ received: 100, stored: 100 - now.remainder, dropped: { 'spool-damaged': 0 } }),
    log: {
      error: (fields: object, msg: string) => void lines.push({ level: 'error', ...fields, msg }),
      info: (msg: string) => void lines.push({ level: 'info', msg }),
    } as Parameters<typeof createBalanceWatch>[0]['log'],
  })
  await watch.start()
  /** Looks with this remainder. */
  const look = (remainder: number): void => {
    now.remainder = remainder
    jest.advanceTimersByTime(EVERY_MS)
  }
  return { watch, lines, look }
}

test('an even balance is no line', async () => {
  const { lines, look } = await createRig()
  for (let n = 0; n < 5; n += 1) look(0)
  expect(lines).toEqual([])
})

test('a remainder at two looks in a row is one error, with the whole sheet', async () => {
  const { lines, look } = await createRig()
  look(3)
  expect(lines).toEqual([])
  for (let n = 0; n < 9; n += 1) look(3)
  expect(lines).toEqual([
    {
      level: 'error',
      ...sheetOf({ received: 100, stored: 97, dropped: { 'spool-damaged': 0 } }),
      msg: expect.stringContaining('does not add up'),
    },
  ])
})

test('a remainder seen once and gone is no line', async () => {
  const { lines, look } = await createRig()
  for (const remainder of [0, 3, 0, 4, 0]) look(remainder)
  expect(lines).toEqual([])
})

test('one that goes on changing is a line at every second look, and the last value is told', async () => {
  const { lines, look } = await createRig()
  for (const remainder of [1, 2, 3, 4, 5, 5, 5]) look(remainder)
  expect(lines.map(({ remainder }) => remainder)).toEqual([2, 4, 5])
})

test('its end is told, also at two looks in a row; then it may begin anew', async () => {
  const { lines, look } = await createRig()
  for (const remainder of [-2, -2, 0, -2, -2, 0, 0, 0]) look(remainder)
  expect(lines.map(({ level }) => level)).toEqual(['error', 'info'])
  for (const remainder of [-2, -2]) look(remainder)
  expect(lines.map(({ level }) => level)).toEqual(['error', 'info', 'error'])
})

test('nothing is looked at before the start or after the stop, and a start may come twice', async () => {
  const { watch, lines, look } = await createRig()
  await watch.start()
  await watch.stop()
  await watch.stop()
  for (let n = 0; n < 3; n += 1) look(3)
  expect([lines, jest.getTimerCount()]).toEqual([[], 0])
})
