import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import { advance, createDrainRig, SPOOL, useStillTime } from './drain-rig.ts'
import { seqsOf } from './spooled.ts'

beforeEach(useStillTime)
afterEach(() => {
  jest.useRealTimers()
})

const away = (): BridgeError => new BridgeError('STORE_UNAVAILABLE', 'the sink is away')

const entry = fc.record({
  rows: fc.integer({ min: 0, max: 6 }),
  deadRows: fc.integer({ min: 0, max: 2 }),
  pauseMs: fc.constantFrom(0, 0, 50, 250),
})
/** The fate of each call of the sink in turn; when they are used up, all is well. */
const fate = fc.constantFrom('well', 'before', 'after', 'cursor')

const run = async (
  entries: readonly { rows: number; deadRows: number; pauseMs: number }[],
  fates: readonly string[],
  poison: ReadonlySet<number>,
  batchBytes: number,
) => {
  const rig = createDrainRig({ batchBytes, maxRows: 8 })
  const left = [...fates]
  rig.faults.beforeCursor = async () => {
    if (left[0] === 'cursor' && left.shift()) throw away()
  }
  rig.faults.beforeStore = async () => {
    if (left[0] === 'before' && left.shift()) throw away()
  }
  rig.faults.afterStore = async () => {
    const next = left[0] === 'cursor' ? undefined : left.shift()
    if (next === 'after') throw away()
  }
  rig.stored.refuse(({ seq }) => poison.has(seq ?? -1))
  rig.drain.start()
  for (const { rows, deadRows, pauseMs } of entries) {
    if (rows + deadRows > 0) await rig.add(rows, { deadRows })
    await advance(pauseMs)
  }
  for (let turn = 0; turn < 200 && rig.drain.position < rig.end; turn += 1) await advance(1_000)
  await advance(2_000)
  const kept = [...rig.spool.written]
  await rig.drain.stop(0)
  return { rig, kept }
}

/** What came through the spool is stored, dead-lettered or lost: nothing is left over, nothing counted twice. */
const expectBalanced = (rig: ReturnType<typeof createDrainRig>): void => {
  const { stored, deadLettered, spooled } = rig.ledger.total()
  expect({ stored, deadLettered, spooled }).toEqual({
    stored: rig.stored.readings.length,
    deadLettered: rig.stored.deadLetters.length,
    spooled: 0,
  })
}

test('however the sink fails, before or after its commit, each row is stored once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { minLength: 1, maxLength: 15 }),
      fc.array(fate, { maxLength: 20 }),
      fc.constantFrom(1, 300, 4_000_000),
      async (entries, fates, batchBytes) => {
        const { rig, kept } = await run(entries, fates, new Set(), batchBytes)
        expect(seqsOf(rig.stored.readings)).toEqual(seqsOf(rig.spooled))
        expect(rig.stored.deadLetters).toHaveLength(entries.reduce((sum, { deadRows }) => sum + deadRows, 0))
        expect(kept).toEqual([])
        expect((await rig.stored.cursor(SPOOL))?.offset ?? 0).toBe(rig.end)
        expect(rig.drain.waiting).toBe(0)
        expectBalanced(rig)
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)

test('rows that the sink refuses are dead letters, all others are stored once and in order, whatever fails', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { minLength: 1, maxLength: 10 }),
      fc.array(fate, { maxLength: 12 }),
      fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }),
      fc.constantFrom(300, 4_000_000),
      async (entries, fates, poisoned, batchBytes) => {
        const { rig } = await run(entries, fates, new Set(poisoned), batchBytes)
        const [bad, good] = [
          rig.spooled.filter(({ seq }) => poisoned.includes(seq ?? -1)),
          rig.spooled.filter(({ seq }) => !poisoned.includes(seq ?? -1)),
        ]
        expect(seqsOf(rig.stored.readings)).toEqual(seqsOf(good))
        const deadRows = entries.reduce((sum, { deadRows }) => sum + deadRows, 0)
        expect(rig.stored.deadLetters).toHaveLength(deadRows + bad.length)
        expect(rig.stored.deadLetters.filter((line) => line.includes('refused-by-postgres'))).toHaveLength(
          bad.length,
        )
        expect(rig.drain.position).toBe(rig.end)
        expectBalanced(rig)
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)
