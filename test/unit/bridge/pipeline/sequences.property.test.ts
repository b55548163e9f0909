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

/** Few of them in one run, so that they come again. */
const identitiesOf = (devices: readonly string[], boots: readonly string[], seq: fc.Arbitrary<number>) =>
  fc.array(fc.record({ device: fc.constantFrom(...devices), boot: fc.constantFrom(...boots), seq }), {
    minLength: 2,
    maxLength: 8,
  })
type Identities = ReturnType<typeof identitiesOf> extends fc.Arbitrary<infer T> ? T : never

/** Both sides of the ends of leases. */
const numbers = fc.oneof(fc.nat(9), fc.integer({ min: 998, max: 1_001 }), fc.constantFrom(2_000, 3_500))
const many = identitiesOf(['a', 'a', 'b', 'c', 'd'], ['b1', 'b1', 'b2', 'b3'], numbers)
const oneBoard = identitiesOf(['a'], ['b1', 'b1', 'b2'], fc.nat(4))

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
      meanwhile: fc.array(sent, { maxLength: 2 }),
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
type Drained = Omit<Step & { readonly kind: 'drain' }, 'kind'>
type Sent = typeof sent extends fc.Arbitrary<infer T> ? T : never
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const T = 1_700_000_000_000
const readingsOf = (sent: readonly Sent[], all: Identities): readonly Reading[] =>
  sent.map(({ index, ts }) => {
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

  const drain = async ({ entries: count, end: how, meanwhile }: Drained): Promise<boolean> => {
    const entries = (await spool.read(cursor, Number.MAX_SAFE_INTEGER)).slice(0, count)
    const last = entries.at(-1)
    if (last === undefined) return false
    const to = entryEnd(last)
    const boots = sequences.unverified(to)
    await send(readingsOf(meanwhile, all))
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
    if (one.kind === 'send') return send(readingsOf(one.sent, all))
    if (one.kind === 'drain') return void (await drain(one))
    if (one.kind === 'crash') return restart()
    if (one.kind === 'lose the spool') return loseSpool()
    await sequences.checkpoint(spool, { offset: end, rows: end, account: '' })
    if (one.trims) await spool.trim(cursor)
  }

  return {
    run,
    finish: async () => {
      while (await drain({ entries: 3, end: 'well', meanwhile: [] }));
      return {
        acked: [...acked].sort(),
        stored: table.rows.map(keyOf).sort(),
      }
    },
  }
}

const holds = (identities: typeof many, limits: Partial<SeenLimits>): Promise<void> =>
  fc.assert(
    fc.asyncProperty(
      identities,
      fc.array(step, { minLength: 3, maxLength: 40, size: 'max' }),
      async (all, steps) => {
        const world = createWorld(limits, all)
        for (const one of steps) await world.run(one)
        const { acked, stored } = await world.finish()
        expect(stored).toEqual(acked)
      },
    ),
    { numRuns: 300 },
  )

test('every reading that was acked is one row, within the bounds of memory', () =>
  holds(many, { maxDevices: 10, maxBoots: 10, maxRanges: 100 }))

test('every reading that was acked is one row, also where the memory ends', () =>
  holds(many, { maxDevices: 2, maxBoots: 2, maxRanges: 3 }))

test('every reading that was acked is one row, with hardly any memory at all', () =>
  holds(many, { maxDevices: 2, maxBoots: 1, maxRanges: 1 }))

test('every reading that was acked is one row, of a board that forgets which boot it is in', () =>
  holds(oneBoard, { maxDevices: 1, maxBoots: 1, maxRanges: 3 }))
