/**
 * Windows, checkpoints, drain and table together, against a plain set: whatever is sent, sent again, forgotten, lost
 * and restored, in any order, every reading that was acked is one row.
 */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { SeenLimits } from '../../../../bridge/core/dedupe.ts'
import { entryEnd } from '../../../../bridge/core/entry-end.ts'
import type { Reading } from '../../../../bridge/core/reading.ts'
import { createSequences, type Sequences } from '../../../../bridge/pipeline/sequences.ts'
import { createMemorySpool } from '../../../../bridge/stores/memory-spool.ts'
import { readingOf } from '../../../contracts/sink-rows.ts'
import { createLookingTable, type Row } from './looking-table.ts'
import { entryOf } from './spooled.ts'

const LIMITS = { maxDevices: 2, maxBoots: 2, maxRanges: 3 } as const

/** Few of them in one run, so that they come again. */
const identities = fc.array(
  fc.record({
    device: fc.constantFrom('a', 'a', 'b', 'c', 'd'),
    boot: fc.constantFrom('b1', 'b1', 'b2', 'b3'),
    // Both sides of the ends of leases.
    seq: fc.oneof(fc.nat(9), fc.integer({ min: 9_998, max: 10_001 }), fc.constantFrom(20_000, 35_000)),
  }),
  { minLength: 2, maxLength: 8 },
)

const sent = fc.record({ index: fc.nat(7), ts: fc.nat(4) })
const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      sent: fc.array(sent, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('drain' as const),
      entries: fc.integer({ min: 1, max: 3 }),
      end: fc.constantFrom('well', 'well', 'well', 'rolled back', 'answer lost'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('checkpoint' as const), trims: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose the spool' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
type Identities = typeof identities extends fc.Arbitrary<infer T> ? T : never

const T = 1_700_000_000_000
const readingsOf = (step: Step & { kind: 'send' }, all: Identities): readonly Reading[] =>
  step.sent.flatMap(({ index, ts }) => {
    const { device, boot, seq } = all[index % all.length] ?? { device: 'a', boot: 'b1', seq: 0 }
    return readingOf(device, { boot, seq, ts: T + ts * 1_000 })
  })

const keyOf = ({ deviceId, boot, seq }: Pick<Row, 'deviceId' | 'boot' | 'seq'>): string =>
  `${deviceId} ${boot} ${seq}`
const rowOf = (one: Reading): Row => ({
  deviceId: one.deviceId,
  boot: one.boot ?? '',
  seq: one.seq ?? -1,
  ts: one.ts,
})

/** Sluice as far as it matters here. */
const createWorld = (limits: Partial<SeenLimits>, all: Identities) => {
  const table = createLookingTable()
  const acked = new Set<string>()
  let spool = createMemorySpool()
  let rows = new Map<number, readonly Row[]>()
  let sequences: Sequences = createSequences(limits)
  let end = 0
  let cursor = 0

  const send = async (readings: readonly Reading[]): Promise<void> => {
    const fresh = readings.filter((one) => sequences.isNew(one))
    for (const one of readings) acked.add(keyOf(rowOf(one)))
    if (fresh.length === 0) return
    await spool.append(entryOf(end, fresh))
    rows.set(end, fresh.map(rowOf))
    sequences.committed(fresh, end)
    end += fresh.length
  }

  const drain = async (count: number, how: string): Promise<boolean> => {
    const entries = (await spool.read(cursor, Number.MAX_SAFE_INTEGER)).slice(0, count)
    const last = entries.at(-1)
    if (last === undefined) return false
    const to = entryEnd(last)
    const boots = sequences.unverified(to)
    if (how === 'rolled back') return true
    const checked = table.store(
      entries.flatMap(({ offset }) => rows.get(offset) ?? []),
      boots,
    )
    if (how === 'well') sequences.verified(checked, { from: cursor, to })
    cursor = to
    return true
  }

  const restart = async (): Promise<void> => {
    sequences = createSequences(limits)
    await sequences.restore(spool, (await spool.open()).checkpoint)
  }

  const loseSpool = (): void => {
    for (const [offset, lost] of rows) if (offset >= cursor) for (const row of lost) acked.delete(keyOf(row))
    for (const row of table.rows) acked.add(keyOf(row))
    spool = createMemorySpool()
    rows = new Map()
    sequences = createSequences(limits)
    end = 0
    cursor = 0
  }

  const run = async (one: Step): Promise<void> => {
    if (one.kind === 'send') return send(readingsOf(one, all))
    if (one.kind === 'drain') return void (await drain(one.entries, one.end))
    if (one.kind === 'crash') return restart()
    if (one.kind === 'lose the spool') return loseSpool()
    await sequences.checkpoint(spool, { offset: end, rows: end, account: '' })
    if (one.trims) await spool.trim(cursor)
  }

  return {
    run,
    finish: async () => {
      while (await drain(3, 'well'));
      return {
        acked: [...acked].sort(),
        stored: table.rows.map(keyOf).sort(),
      }
    },
  }
}

const holds = (limits: Partial<SeenLimits>, numRuns: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(identities, fc.array(step, { minLength: 3, maxLength: 40 }), async (all, steps) => {
      const world = createWorld(limits, all)
      for (const one of steps) await world.run(one)
      const { acked, stored } = await world.finish()
      expect(stored).toEqual(acked)
    }),
    { numRuns },
  )

test('every reading that was acked is one row, within the bounds of memory', () =>
  holds({ maxDevices: 10, maxBoots: 10, maxRanges: 100 }, 400))

test('every reading that was acked is one row, also where the memory ends', () => holds(LIMITS, 600))

test('every reading that was acked is one row, with hardly any memory at all', () =>
  holds({ maxDevices: 2, maxBoots: 1, maxRanges: 1 }, 400))
